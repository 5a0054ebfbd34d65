"""Empty databases, and one made by hand from the SQL of the schema document, with rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget
from tests.servers import empty_database, execute

# Written from the document, in the order and words of another hand than the migration's.
DOCUMENT = (
    (
        "create table users (id serial primary key, username varchar(100) not null unique,"
        " email varchar(255) not null unique, password_hash varchar(255) not null,"
        " created_at timestamp default current_timestamp, updated_at timestamp default now())"
    ),
    (
        "create table projects (id serial primary key, name varchar(255) not null, description text,"
        " owner_id integer references users, room_id varchar(100) unique, is_public boolean default false,"
        " created_at timestamp default now(), updated_at timestamp default now())"
    ),
    (
        "create table audio_files (id serial primary key,"
        " project_id integer references projects(id) on delete cascade, filename varchar(255) not null,"
        " file_path varchar(500) not null, file_size bigint, duration float, sample_rate integer,"
        " channels integer, format varchar(50), uploaded_by integer references users(id),"
        " created_at timestamp default now())"
    ),
    (
        "create table project_bundles (id serial primary key,"
        " project_id integer references projects(id) on delete cascade, bundle_data bytea not null,"
        " version integer default 1, created_by integer references users(id),"
        " created_at timestamp default now())"
    ),
    (
        "create table box_ownership (id serial primary key,"
        " project_id integer references projects(id) on delete cascade, box_uuid uuid not null,"
        " track_index integer, owner_id integer references users(id), created_at timestamp default now(),"
        " updated_at timestamp default now())"
    ),
    "create index idx_box_ownership_project_uuid on box_ownership (project_id, box_uuid)",
    "create index idx_box_ownership_project_index on box_ownership (project_id, track_index)",
    (
        "create table project_collaborators (id serial primary key,"
        " project_id integer references projects(id) on delete cascade,"
        " user_id integer references users(id) on delete cascade, role varchar(50) default 'editor',"
        " joined_at timestamp default now())"
    ),
    "create unique index idx_project_collaborators_unique on project_collaborators (project_id, user_id)",
)
ROWS = (
    "insert into users (username, email, password_hash) values ('ada', 'ada@x', 'h'), ('bob', 'bob@x', 'h')",
    "insert into projects (name, owner_id) values ('Song', 1)",
    "insert into audio_files (project_id, filename, file_path, uploaded_by) values (1, 'a.wav', 'a.wav', 2)",
    "insert into project_bundles (project_id, bundle_data, created_by) values (1, 'x', 1)",
    "insert into box_ownership (project_id, box_uuid, owner_id) values (1, gen_random_uuid(), 2)",
    "insert into project_collaborators (project_id, user_id, role) values (1, 1, 'owner'), (1, 2, 'editor')",
)


@pytest.fixture
def empty(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """An empty database."""
    with empty_database(server) as target:
        yield target


@pytest.fixture
def runner(empty: ConnectionTarget) -> MigrationRunner:
    """The runner on the empty database."""
    return MigrationRunner(empty)


@pytest.fixture
def by_hand(empty: ConnectionTarget) -> ConnectionTarget:
    """The database with the six tables made by hand, with rows, and the API service's own version table."""
    execute(
        empty,
        *DOCUMENT,
        *ROWS,
        "create table alembic_version (version_num varchar(32) primary key)",
        "insert into alembic_version values ('3f9c2ab81d04')",
    )
    return empty
