"""The six tables of the studio, exactly as the services share them, and our side tables.

The six live in schema `public` and belong to several services: we create them once and never alter them.
Whatever is ours lives in schema `syncsphere_desktop`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

OUR_SCHEMA = "syncsphere_desktop"
CHANGE_CHANNEL = "syncsphere_desktop_changes"
"""The NOTIFY channel; its payload is JSON `{"table", "operation", "ids", "count", "origin"}`.

`ids` are at most 50. Where `count` is null nothing but the table and the operation is known.
"""

OWNERSHIP_CHANNEL = "syncsphere_desktop_ownership"
"""The NOTIFY channel of box_ownership; its payload is JSON `{"rows", "at", "origin"}` or `{"projects"}`.

`rows` are at most 50 of `[row, project, box, owner, previous owner, kind]`, `at` seconds since 1970. Where
there are more, `projects` says which to read again; null stands for everything.
"""

studio_metadata = MetaData()
our_metadata = MetaData(schema=OUR_SCHEMA)

users = Table(
    "users",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column("username", String(100), nullable=False),
    Column("email", String(255), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("created_at", DateTime, server_default=func.now()),
    Column("updated_at", DateTime, server_default=func.now()),
    UniqueConstraint("username", name="users_username_key"),
    UniqueConstraint("email", name="users_email_key"),
)

projects = Table(
    "projects",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column("owner_id", Integer, ForeignKey("users.id", name="projects_owner_id_fkey")),
    Column("room_id", String(100)),
    Column("is_public", Boolean, server_default=text("false")),
    Column("created_at", DateTime, server_default=func.now()),
    Column("updated_at", DateTime, server_default=func.now()),
    UniqueConstraint("room_id", name="projects_room_id_key"),
)

audio_files = Table(
    "audio_files",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "project_id",
        Integer,
        ForeignKey("projects.id", name="audio_files_project_id_fkey", ondelete="CASCADE"),
    ),
    Column("filename", String(255), nullable=False),
    Column("file_path", String(500), nullable=False),
    Column("file_size", BigInteger),
    Column("duration", Float),
    Column("sample_rate", Integer),
    Column("channels", Integer),
    Column("format", String(50)),
    Column("uploaded_by", Integer, ForeignKey("users.id", name="audio_files_uploaded_by_fkey")),
    Column("created_at", DateTime, server_default=func.now()),
)

project_bundles = Table(
    "project_bundles",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "project_id",
        Integer,
        ForeignKey("projects.id", name="project_bundles_project_id_fkey", ondelete="CASCADE"),
    ),
    Column("bundle_data", LargeBinary, nullable=False),
    Column("version", Integer, server_default=text("1")),
    Column("created_by", Integer, ForeignKey("users.id", name="project_bundles_created_by_fkey")),
    Column("created_at", DateTime, server_default=func.now()),
)

box_ownership = Table(
    "box_ownership",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "project_id",
        Integer,
        ForeignKey("projects.id", name="box_ownership_project_id_fkey", ondelete="CASCADE"),
    ),
    Column("box_uuid", Uuid, nullable=False),
    Column("track_index", Integer),
    Column("owner_id", Integer, ForeignKey("users.id", name="box_ownership_owner_id_fkey")),
    Column("created_at", DateTime, server_default=func.now()),
    Column("updated_at", DateTime, server_default=func.now()),
    Index("idx_box_ownership_project_uuid", "project_id", "box_uuid"),
    Index("idx_box_ownership_project_index", "project_id", "track_index"),
)

project_collaborators = Table(
    "project_collaborators",
    studio_metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "project_id",
        Integer,
        ForeignKey("projects.id", name="project_collaborators_project_id_fkey", ondelete="CASCADE"),
    ),
    Column(
        "user_id",
        Integer,
        ForeignKey("users.id", name="project_collaborators_user_id_fkey", ondelete="CASCADE"),
    ),
    Column("role", String(50), server_default=text("'editor'")),
    Column("joined_at", DateTime, server_default=func.now()),
    Index("idx_project_collaborators_unique", "project_id", "user_id", unique=True),
)

audit_log = Table(
    "audit_log",
    our_metadata,
    Column("id", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("database_role", Text, nullable=False, server_default=text("CURRENT_USER")),
    Column("entity", Text, nullable=False),
    Column("entity_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("undoes", BigInteger),
    Index("audit_log_entity", "entity", "entity_id", "id"),
    Index("audit_log_at", "at"),
)

studio_origin = Table(
    "studio_origin",
    our_metadata,
    Column("only_row", Boolean, CheckConstraint("only_row"), primary_key=True, server_default=text("true")),
    Column("origin", Text, CheckConstraint("origin IN ('created', 'adopted')"), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("database_role", Text, nullable=False, server_default=text("CURRENT_USER")),
)
"""One row that says whether the app created the six tables, or adopted those of somebody else."""

audio_content = Table(
    "audio_content",
    our_metadata,
    Column("file_id", Integer, primary_key=True, autoincrement=False),
    Column("file_path", Text, nullable=False),
    Column("size", BigInteger),
    Column("sha256", LargeBinary, CheckConstraint("octet_length(sha256) = 32")),
    Column("state", Text, nullable=False, server_default=text("'unchecked'")),
    Column("state_details", Text),
    Column("codec", Text),
    Column("verified_at", DateTime(timezone=True)),
    Column("import_id", Uuid),
    Column("waveform", LargeBinary),
    Column("waveform_error", Text),
    Index("audio_content_sha256", "sha256"),
    Index("audio_content_state", "state"),
    Index("audio_content_import", "import_id"),
)
"""What looking at the files of `audio_files` told, by their ids, for the path that a row had then.

No foreign key: other services may remove rows at will, and what is left over counts for nothing.
"""

audio_imports = Table(
    "audio_imports",
    our_metadata,
    Column("id", Uuid, primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    Column("actor", Text, nullable=False),
    Column("project_id", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("imported", Integer, nullable=False, server_default=text("0")),
    Column("duplicates", Integer, nullable=False, server_default=text("0")),
    Column("rejected", Integer, nullable=False, server_default=text("0")),
    Column("bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("undone_at", DateTime(timezone=True)),
)

audio_stores = Table(
    "audio_stores",
    our_metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("first_used", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""The stores that hold the studio's files, by the mark in each; the one used first last is the current."""

audio_checks = Table(
    "audio_checks",
    our_metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("project_id", Integer),
    Column("store_id", Text),
    Column("deep", Boolean, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    Column("cursor_id", BigInteger, nullable=False, server_default=text("0")),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
)

audio_orphans = Table(
    "audio_orphans",
    our_metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified", Double, nullable=False),
    Column("sha256", LargeBinary),
    Column("check_id", BigInteger, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # A path may be longer than what a B-tree takes.
    Index("audio_orphans_path", "path", postgresql_using="hash"),
    Index("audio_orphans_size", "size"),
)

trash = Table(
    "trash",
    our_metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("project_id", Integer),
    Column("file_id", Integer),
    Column("filename", Text, nullable=False),
    Column("audio_row", JSONB),
    Column("content_row", JSONB),
    Column("original_path", Text, nullable=False),
    Column("trash_path", Text),
    Column("size", BigInteger),
    Column("sha256", LargeBinary),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("trash_state", "state"),
)
"""Quarantine: `audio_row` and `content_row` are the rows as they were removed, to be added again."""

bundle_facts = Table(
    "bundle_facts",
    our_metadata,
    Column("bundle_id", Integer, primary_key=True, autoincrement=False),
    Column("project_id", Integer),
    Column("row_version", BigInteger, nullable=False),
    Column("reader", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary, CheckConstraint("octet_length(sha256) = 32")),
    Column("kind", Text, nullable=False),
    Column("problem", Text),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("bundle_facts_project", "project_id"),
)
"""What reading a bundle told, for the row as it was then; `reader` says which generation of ours read it."""

bundle_samples = Table(
    "bundle_samples",
    our_metadata,
    Column("bundle_id", Integer, primary_key=True, autoincrement=False),
    Column("sample_uuid", Uuid, primary_key=True),
    Column("project_id", Integer),
    Column("name", Text, nullable=False),
    Column("stem", Text, nullable=False),
    Column("bytes", BigInteger),
    Column("crc32", BigInteger),
    Column("sha256", LargeBinary, CheckConstraint("octet_length(sha256) = 32")),
    Column("in_bundle", Boolean, nullable=False),
    Index("bundle_samples_stem", "stem", "project_id", "bundle_id"),
    Index("bundle_samples_uuid", "sample_uuid", "bundle_id"),
    Index("bundle_samples_sha256", "sha256", "bundle_id"),
)
"""The samples that each bundle names or holds; `stem` is the name as names are compared."""

bundle_marks = Table(
    "bundle_marks",
    our_metadata,
    Column("bundle_id", Integer, primary_key=True, autoincrement=False),
    Column("label", Text, CheckConstraint("label <> ''")),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    Column("actor", Text, nullable=False),
    Column("marked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""What an admin said of a bundle version, and who did so last. Versions with a mark are never pruned."""

bundle_checks = Table(
    "bundle_checks",
    our_metadata,
    Column("bundle_id", Integer, primary_key=True, autoincrement=False),
    Column("row_version", BigInteger, nullable=False),
    Column("run_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("problems", JSONB, nullable=False, server_default=text("'[]'")),
    Column("checked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("bundle_checks_run", "run_at"),
)
"""What decoding all of a bundle told, for the row as it was then; `run_at` is when the run began."""

ownership_events = Table(
    "ownership_events",
    our_metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), primary_key=True, server_default=text("clock_timestamp()")),
    Column("project_id", Integer),
    Column("box_uuid", Uuid, nullable=False),
    Column("row_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner_id", Integer),
    Column("previous_owner_id", Integer),
    Column("database_role", Text, nullable=False),
    Column("application", Text, nullable=False),
    Column("origin", Text),
    Index(
        "ownership_events_row",
        "project_id",
        "row_id",
        "at",
        "id",
        postgresql_include=["box_uuid", "owner_id", "previous_owner_id", "kind"],
    ),
    Index("ownership_events_project", "project_id", "at"),
    postgresql_partition_by="RANGE (at)",
)
"""What happened to the rows of `box_ownership`, written by triggers, in a partition for each month (UTC)."""
