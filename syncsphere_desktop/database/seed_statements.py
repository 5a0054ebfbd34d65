"""The statements that make seeded rows. `n` is a row's number; chance comes from its hash and the seed."""

from __future__ import annotations

# Words as PostgreSQL's array literals have them.
_FIRST_NAMES = (
    "ana,ben,chen,dina,elif,femi,goran,hana,ivan,jana,kofi,lena,marek,nadia,oskar,petra,quinn,rosa,sami,tariq,"
    "uma,viktor,wanda,xavi,yuki,zora,amir,bianca,carlos,daria,emre,fatima,george,helena,ines,joao,kira,leo,maya"
)
_LAST_NAMES = (
    "adeyemi,bauer,castro,dubois,eriksson,fischer,garcia,haddad,ivanov,jensen,kovac,lopez,moreau,nguyen,okafor,"
    "petrov,quist,rossi,santos,tanaka,ueda,varga,weber,xu,yilmaz,zeman,almeida,brandt,costa,dahl,evans,ferrari"
)
_ADJECTIVES = "amber,broken,crimson,distant,electric,faded,golden,hollow,icy,jagged,kind,late,midnight"
_NOUNS = "anthem,ballad,chorus,drift,echo,fugue,groove,hymn,interlude,jam,lullaby,march,nocturne"
_TAKES = "kick,snare,hats,bass,rhodes,lead,vox,room,strings,guitar,shaker,choir,piano,clap,pad,brass"


def _chance(salt: int, of: str = "n") -> str:
    """Return SQL for a number from 0.0 up to but not 1.0, always the same for one row, salt and seed."""
    hashed = f"hashint8extended(({of})::bigint, %(seed)s::bigint * 1000 + {salt})"
    return f"((({hashed} >> 11) & 9007199254740991)::float8 / 9007199254740992)"


def _one_of(words: str, salt: int, of: str = "n") -> str:
    """Return SQL that picks a word; the earlier in the list the likelier."""
    count = words.count(",") + 1
    return f"('{{{words}}}'::text[])[1 + floor(power({_chance(salt, of)}, 1.4) * {count})::int]"


def _ago(salt: int, of: str = "n") -> str:
    """Return SQL for a time in the last two years; there are more recent ones than old ones."""
    return f"(now() - power({_chance(salt, of)}, 1.5) * interval '730 days')::timestamp"


_NUMBERS = "generate_series(%(first)s::bigint, %(last)s::bigint) AS n"

SESSION = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'"

FIRST_NUMBERS = r"""
SELECT
  (SELECT coalesce(max(greatest(substring(username FROM '\.(\d{1,9})$')::bigint,
                                substring(email FROM '\.(\d{1,9})@')::bigint)), 0) + 1 FROM users),
  (SELECT coalesce(max(substring(room_id FROM '^room-(\d{1,9})$')::bigint), 0) + 1 FROM projects),
  (SELECT coalesce(max(id), 0) + 1 FROM audio_files),
  (SELECT coalesce(max(id), 0) + 1 FROM box_ownership)
"""

USERS = f"""
INSERT INTO users (username, email, password_hash, created_at, updated_at)
SELECT handle, handle || '@seeded.example', %(password_hash)s, made,
       made + {_chance(4)} * {_chance(5)} * (now()::timestamp - made)
FROM (
  SELECT n, {_ago(3)} AS made,
         {_one_of(_FIRST_NAMES, 1)} || '.' || {_one_of(_LAST_NAMES, 2)} || '.' || n AS handle
  FROM {_NUMBERS}
) AS numbered
"""

PEOPLE = """
CREATE TEMP TABLE seed_people ON COMMIT DROP AS
  SELECT row_number() OVER (ORDER BY id) AS place, id FROM users;
CREATE UNIQUE INDEX ON seed_people (place);
ANALYZE seed_people;
CREATE TEMP TABLE seed_projects (n bigint, id integer, made timestamp) ON COMMIT DROP
"""

PROJECTS = f"""
WITH numbered AS (
  SELECT n, {_ago(11)} AS made, 1 + floor(power({_chance(12)}, 2) * %(people)s)::bigint AS place
  FROM {_NUMBERS}
), added AS (
  INSERT INTO projects (name, description, owner_id, room_id, is_public, created_at, updated_at)
  SELECT initcap({_one_of(_ADJECTIVES, 13)} || ' ' || {_one_of(_NOUNS, 14)}) || ' ' || n,
         CASE WHEN {_chance(15)} < 0.6 THEN 'Seeded project ' || n END,
         people.id, 'room-' || n, {_chance(16)} < 0.25, made,
         made + {_chance(17)} * (now()::timestamp - made)
  FROM numbered JOIN seed_people AS people USING (place)
  RETURNING id, owner_id, room_id, created_at
), noted AS (
  INSERT INTO seed_projects SELECT substr(room_id, 6)::bigint, id, created_at FROM added
)
INSERT INTO project_collaborators (project_id, user_id, role, joined_at)
SELECT id, owner_id, 'owner', created_at FROM added
"""

COLLABORATORS = f"""
INSERT INTO project_collaborators (project_id, user_id, role, joined_at)
SELECT project, people.id, CASE WHEN {_chance(22, "m")} < 0.7 THEN 'editor' ELSE 'viewer' END,
       made + {_chance(23, "m")} * (now()::timestamp - made)
FROM (
  SELECT id AS project, made, n * 8 + k AS m,
         1 + floor(power({_chance(21, "n * 8 + k")}, 1.5) * %(people)s)::bigint AS place
  FROM seed_projects, generate_series(1, floor(power({_chance(20)}, 2) * 8)::int) AS k
  WHERE n BETWEEN %(first)s AND %(last)s
) AS wanted JOIN seed_people AS people USING (place)
ON CONFLICT (project_id, user_id) DO NOTHING
"""

TARGETS = """
CREATE TEMP TABLE seed_targets ON COMMIT DROP AS
  SELECT row_number() OVER (ORDER BY projects.id) AS place, projects.id,
         coalesce(projects.created_at, now()::timestamp) AS made,
         coalesce(crew.people, ARRAY[projects.owner_id]) AS people, coalesce(boxes.next, 0) AS next_index
  FROM projects
  LEFT JOIN (SELECT project_id, array_agg(user_id) AS people FROM project_collaborators GROUP BY project_id)
    AS crew ON crew.project_id = projects.id
  LEFT JOIN (SELECT project_id, max(track_index) + 1 AS next FROM box_ownership GROUP BY project_id)
    AS boxes ON boxes.project_id = projects.id;
CREATE UNIQUE INDEX ON seed_targets (place);
ANALYZE seed_targets
"""

# How likely a kind of file is, and how many bytes one second of one channel takes at a rate of one hertz
# (`by_rate`, of what stores samples) or at all (`by_second`, of what stores spectra).
_KINDS = """
(VALUES
  ('wav', '.wav', 0.00, 0.22, 2.0, 0.0), ('wav', '.wav', 0.22, 0.52, 3.0, 0.0),
  ('wav', '.wav', 0.52, 0.58, 4.0, 0.0),
  ('flac', '.flac', 0.58, 0.74, 1.7, 0.0), ('aiff', '.aif', 0.74, 0.80, 3.0, 0.0),
  ('mp3', '.mp3', 0.80, 0.91, 0.0, 16000.0), ('m4a', '.m4a', 0.91, 0.96, 0.0, 12000.0),
  ('ogg', '.ogg', 0.96, 0.98, 0.0, 10000.0), ('opus', '.opus', 0.98, 0.995, 0.0, 6000.0),
  ('aac', '.aac', 0.995, 1.00, 0.0, 12000.0)
) AS kind (format, suffix, above, below, by_rate, by_second)
"""

AUDIO = f"""
INSERT INTO audio_files (project_id, filename, file_path, file_size, duration, sample_rate, channels, format,
                         uploaded_by, created_at)
SELECT target.id, name || suffix, 'seeded/' || target.id || '/' || name || suffix,
       44 + round(frames * channels * by_rate + frames / rate * channels * by_second)::bigint,
       frames / rate, rate, channels, format,
       target.people[1 + floor({_chance(35)} * cardinality(target.people))::int],
       target.made + {_chance(36)} * (now()::timestamp - target.made)
FROM (
  SELECT drawn.*, floor(seconds * rate) AS frames
  FROM (
    SELECT n, {_one_of(_TAKES, 31)} || ' ' || n AS name, kind.*,
           0.5 + power({_chance(32)}, 3) * 600 AS seconds,
           CASE WHEN kind.format = 'opus' THEN 48000
                WHEN {_chance(33)} < 0.36 THEN 44100
                WHEN {_chance(33)} < 0.88 OR by_rate = 0 THEN 48000
                WHEN {_chance(33)} < 0.91 THEN 88200
                WHEN {_chance(33)} < 0.98 THEN 96000
                ELSE 192000 END AS rate,
           CASE WHEN {_chance(34)} < 0.45 THEN 1 WHEN {_chance(34)} < 0.99 OR by_rate = 0 THEN 2
                ELSE 6 END AS channels,
           1 + floor({_chance(30)} * %(targets)s)::bigint AS place
    FROM {_NUMBERS} JOIN {_KINDS} ON {_chance(37)} >= kind.above AND {_chance(37)} < kind.below
  ) AS drawn
) AS numbered JOIN seed_targets AS target USING (place)
"""

BOXES = f"""
INSERT INTO box_ownership (project_id, box_uuid, track_index, owner_id, created_at, updated_at)
SELECT target.id, md5(%(seed)s || ' ' || n)::uuid, target.next_index + step,
       CASE WHEN {_chance(41)} < 0.9
            THEN target.people[1 + floor({_chance(42)} * cardinality(target.people))::int] END,
       target.made, target.made + {_chance(43)} * (now()::timestamp - target.made)
FROM (
  SELECT n, 1 + (n - %(first_box)s) / 8 %% %(targets)s AS place,
         (n - %(first_box)s) / (8 * %(targets)s::bigint) * 8 + (n - %(first_box)s) %% 8 AS step
  FROM {_NUMBERS}
) AS numbered JOIN seed_targets AS target USING (place)
"""

ANALYZE = "ANALYZE users, projects, project_collaborators, audio_files, box_ownership"
