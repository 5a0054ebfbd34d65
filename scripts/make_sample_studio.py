"""Writes resources/sample/studio.json, the sample studio. Run it from the checkout after changing it.

Everything is fixed: the same script gives the same file. Times are minutes before the moment of loading.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from uuid import NAMESPACE_DNS, uuid5

PASSWORD = "opendaw-sample"
PASSWORD_HASH = "$2b$12$Xla4cKqRUY1QyMzKl3Pm4uWwHlP5Pl5wvnp56APuIX39rwBKRN9jq"
DOMAIN = "northlight.example"
HOUR, DAY = 60, 60 * 24
TWO_YEARS = 730 * DAY
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "sample"

PEOPLE = """
lucja.nowak marco.ferrari amara.okafor søren.lindqvist yuki.tanaka priya.raman diego.santos hanna.virtanen
omar.haddad zoë.martin jonas.weber ines.carvalho kofi.mensah mei-ling.chen tomasz.zielinski freya.jorgensen
rafael.duarte leila.nazari connor.obrien anais.lefevre viktor.petrov sunita.kapoor eilidh.macleod mateo.rojas
chloe.dubois abebe.tesfaye katarina.horvat naveen.iyer sofia.papadaki emil.novak thandiwe.dlamini akira.sato
beatriz.moura noah.schneider aylin.demir gabriel.costa ingrid.haugen dalia.mansour pavel.dvorak wren.gallagher
""".split()  # noqa: SIM905

# Name, description, public.
PROJECTS = (
    ("Midnight Session", "Late takes from the big room: lead synth, drums and Łucja's vocals.", False),
    ("Harbour Lights", "Opener of the autumn EP. Mix reference is the demo of March.", True),
    ("Paper Lanterns", "Waltz in F sharp minor, strings still to come.", False),
    ("Glass Elevator", "Title music for the lift scene, 74 seconds to picture.", False),
    ("Northbound Train", None, True),
    ("Saltwater Hymn", "Choir and harmonium. Keep the room noise.", False),
    ("Second Sunrise", "Remix with the stems from Lisbon.", True),
    ("Velvet Static", "Noise study. Loud!", False),
    ("Marigold", "Acoustic duo, recorded in one afternoon.", True),
    ("The Long Corridor", "Cue 4M2, version for strings and tape.", False),
    ("Cassette Summer", "Ten years of four-track ideas in one song.", True),
    ("Ember & Ash", "Ballad for the second half of the album.", False),
    ("Low Tide", None, False),
    ("Kite Season", "Children's choir on Thursday — leave them two free tracks.", True),
    ("Concrete Garden", "Beat tape, side B.", False),
    ("Północ / Midnight (PL)", "Polish version of Midnight Session.", False),
    ("Rain Delay", "Written while the roof leaked.", True),
    ("Blue Hour Loops", "Loop pack for the shop: 90 to 124 bpm.", True),
    ("Ghost Notes", "Drum workshop, everybody may play.", True),
    ("Seventh Floor", None, False),
    ("夜の駅", "Night station. Field recordings from Ueno.", False),
    ("Unfinished Letter", "On hold until the singer is back.", False),
    ("Copper Sky", "Trailer pitch, due Friday.", False),
    ("Ana's Theme", "Three variations: piano, winds, full.", False),
    ("Sketch 2024-11", "Scratchpad, may go.", False),
)

INSTRUMENTS = (
    ("Kick 01", 55, 1), ("Snare tight", 190, 1), ("Hats open", 900, 1), ("Bass DI", 65, 1),
    ("Rhodes", 220, 2), ("Lead synth", 440, 2), ("Vox take 1", 330, 1), ("Vox take 2", 330, 1),
    ("Room L+R", 110, 2),
    ("Strings pad", 294, 2), ("Guitar clean", 247, 1), ("Harmonium", 175, 2), ("Shaker loop", 1200, 1),
    ("Choir low", 131, 2), ("Tape noise", 70, 2), ("Piano top", 523, 2), ("Clap", 700, 1),
    ("Sub drop", 41, 1),
)  # fmt: skip

# Which projects carry the bundles that openDAW made, and in which order their versions came.
BUNDLES = {
    0: (1, 1, 2),
    1: (1, 2),
    2: (1,),
    5: (1, 1, 2, 2),
    8: (2,),
    10: (1, 2),
    15: (1, 2),
    18: (2,),
}  # fmt: skip
TRACKS = {
    1: (
        "e2737882-6c89-463b-b31a-fbe10565b07a",
        "8f633830-4538-4b61-b18c-ae5867b48cf4",
        "6a50db26-71f1-4937-ab43-e4cc75ba7f85",
    ),
    2: (
        "e2737882-6c89-463b-b31a-fbe10565b07a",
        "fb05f243-c0d1-43c5-bad8-f3b54125972c",
        "8f633830-4538-4b61-b18c-ae5867b48cf4",
        "6a50db26-71f1-4937-ab43-e4cc75ba7f85",
    ),
}
"""The TrackBoxes of the two bundles, in the order of their timelines."""


def main() -> None:
    """Write the file."""
    chance = Random(20241128)
    joined = sorted((chance.randint(20 * DAY, TWO_YEARS) for _ in PEOPLE), reverse=True)
    joined[-2:] = [3 * HOUR, 4]
    users = [_user(chance, name, ago) for name, ago in zip(PEOPLE, joined, strict=True)]
    projects = [_project(chance, place, users) for place in range(len(PROJECTS))]
    document = {
        "password": PASSWORD,
        "password_hash": PASSWORD_HASH,
        "users": users,
        "projects": sorted(projects, key=lambda project: -project["created"]),  # type: ignore[operator]
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (FOLDER / "studio.json").write_text(text + "\n", encoding="utf-8")


def _user(chance: Random, username: str, ago: int) -> dict[str, object]:
    mailbox = username.replace("ø", "o").replace("ë", "e")
    updated = min(ago, chance.choice((ago, ago, chance.randint(5, 40 * DAY))))
    return {"username": username, "email": f"{mailbox}@{DOMAIN}", "created": ago, "updated": updated}


def _slug(name: str, place: int) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    short = "-".join(part for part in kept.split("-") if part)
    return short or f"project-{place}"


def _project(chance: Random, place: int, users: list[dict[str, object]]) -> dict[str, object]:
    name, description, is_public = PROJECTS[place]
    settled = [user for user in users if int(str(user["created"])) > 60 * DAY]
    # A few people start most of the projects.
    owner = settled[min(int(chance.expovariate(0.18)), len(settled) - 1)]
    created = chance.randint(10 * DAY, int(str(owner["created"])) - 1)
    updated = chance.choice((3, 17, 48, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY, 9 * DAY, 30 * DAY, created))
    crew = _crew(chance, str(owner["username"]), users, created)
    members = [member["username"] for member in crew if member["role"] != "viewer"]
    gone = [user["username"] for user in settled if user["username"] not in {c["username"] for c in crew}]
    slug = _slug(name, place)
    return {
        "name": name,
        "description": description,
        "owner": owner["username"],
        "room_id": None if place in {12, 24} else f"{slug}-{uuid5(NAMESPACE_DNS, slug).hex[:6]}",
        "is_public": is_public,
        "created": created,
        "updated": min(updated, created),
        "collaborators": crew,
        "audio": _audio(chance, place, slug, members, created),
        "bundles": _bundles(chance, place, members, created),
        "boxes": _boxes(chance, place, slug, members, created, gone),
    }


def _crew(
    chance: Random, owner: str, users: list[dict[str, object]], created: int
) -> list[dict[str, object]]:
    crew: list[dict[str, object]] = [{"username": owner, "role": "owner", "joined": created}]
    others = [user for user in users if user["username"] != owner]
    for user in chance.sample(others, chance.choice((0, 1, 2, 2, 3, 3, 4, 5, 7))):
        role = chance.choices(("editor", "viewer", "owner"), (70, 26, 4))[0]
        latest = min(created, int(str(user["created"])))
        crew.append(
            {"username": user["username"], "role": role, "joined": chance.randint(latest // 3, latest)}
        )
    return crew


def _audio(
    chance: Random, place: int, slug: str, members: list[object], created: int
) -> list[dict[str, object]]:
    count = 0 if place in {12, 24} else chance.choice((1, 2, 2, 3, 3, 4))
    files = []
    for label, pitch, channels in chance.sample(INSTRUMENTS, count):
        filename = f"{label}.wav"
        files.append(
            {
                "filename": filename,
                "path": f"{slug}/{filename}",
                "pitch": pitch,
                "frames": chance.randint(11_000, 52_000),
                "rate": chance.choice((44_100, 48_000, 48_000)),
                "channels": channels,
                "by": chance.choice(members),
                "created": chance.randint(3, created),
            }
        )
    return files


def _bundles(chance: Random, place: int, members: list[object], created: int) -> list[dict[str, object]]:
    ages = sorted((chance.randint(3, created) for _ in BUNDLES.get(place, ())), reverse=True)
    return [
        {
            "file": f"studio-project-v{source}.odb",
            "version": number,
            "by": chance.choice(members),
            "created": ago,
        }
        for number, (source, ago) in enumerate(zip(BUNDLES.get(place, ()), ages, strict=True), 1)
    ]


def _boxes(
    chance: Random, place: int, slug: str, members: list[object], created: int, gone: list[object]
) -> list[dict[str, object]]:
    if place in BUNDLES:
        uuids = TRACKS[BUNDLES[place][-1]]
    else:
        uuids = tuple(str(uuid5(NAMESPACE_DNS, f"{slug}/{n}")) for n in range(chance.randint(0, 9)))
    boxes = []
    for index, uuid in enumerate(uuids):
        claimed = chance.randint(10, created)
        # Most were claimed and used lately; some have been held for months, some are free.
        touched = chance.choice((2, 11, 40, 3 * HOUR, DAY, 6 * DAY, 95 * DAY, 200 * DAY))
        # A few are held by people who do not work on the project any more.
        holder = chance.choice(gone if chance.random() < 0.05 else members)
        boxes.append(
            {
                "uuid": uuid,
                "track_index": index,
                "owner": None if chance.random() < 0.12 else holder,
                "created": claimed,
                "updated": min(touched, claimed),
            }
        )
    return boxes


if __name__ == "__main__":
    main()
