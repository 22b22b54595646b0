-- The workspaces: whose they are, how far they are made or removed, and the credentials of their buckets.

-- +goose Up

create table perigee.workspace (
    name       text collate "C" primary key,
    owner      text collate "C" not null,
    state      text not null check (state in ('creating', 'active', 'deleting', 'deleted')),
    step       text not null,        -- the last one that was done towards the state
    error      text not null,        -- why the next one was not, in words
    generation integer not null,     -- how often a workspace of this name was made
    access_key text not null,
    secret     bytea not null,       -- sealed; empty when access was withdrawn
    kept       boolean not null,     -- the bucket may hold what the owner left in it
    purge      boolean not null,     -- the deletion empties the bucket too
    token      bigint not null,      -- counts who took the row; what an earlier one writes is refused
    lease      timestamptz not null, -- until when nobody else takes it
    created    timestamptz not null,
    modified   timestamptz not null
);
create index workspace_of_owner on perigee.workspace (owner, name);

-- +goose Down
drop table perigee.workspace;
