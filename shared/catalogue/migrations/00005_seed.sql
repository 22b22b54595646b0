-- Filling caches ahead of requests: what is to be seeded after changes, the jobs, and how far each is.

-- +goose Up

create table perigee.seed_job (
    id        text collate "C" primary key,
    workspace text collate "C" not null,
    layer     text collate "C" not null,
    mode      text not null,
    automatic boolean not null, -- it follows changes of the catalogue; otherwise somebody asked for it
    request   json not null,
    status    text not null,    -- of OGC API Processes: accepted, running, successful, failed, dismissed
    message   text not null,
    time      timestamptz not null,
    updated   timestamptz not null,
    finished  timestamptz
);
create index seed_job_latest on perigee.seed_job (workspace, time desc, id);
create index seed_job_active on perigee.seed_job (workspace, updated) where status in ('accepted', 'running');
-- One job at a time follows the changes of a layer: what changes meanwhile waits for its end, and is seeded once.
create unique index seed_job_following on perigee.seed_job (workspace, layer) where automatic and status in ('accepted', 'running');

-- A level of a job. Counts are of tiles, but blocks and done.
create table perigee.seed_level (
    job       text collate "C" not null references perigee.seed_job on delete cascade,
    level     integer not null,
    tiles     bigint not null,
    blocks    bigint not null,
    done      bigint not null default 0, -- blocks
    drawn     bigint not null default 0,
    skipped   bigint not null default 0,
    deleted   bigint not null default 0,
    failed    bigint not null default 0,
    announced boolean not null default false, -- its first event was sent
    started   timestamptz,
    finished  timestamptz,
    primary key (job, level)
);

-- The blocks of an unfinished level that were counted. They go when the level is done.
create table perigee.seed_block (
    job   text collate "C" not null references perigee.seed_job on delete cascade,
    level integer not null,
    block bigint not null,
    primary key (job, level, block)
);

-- The cells of layers that changed and belong to no job yet; day -infinity stands for the tiles without a time.
create table perigee.seed_due (
    workspace text collate "C" not null,
    layer     text collate "C" not null,
    day       date not null,
    cell      integer not null,
    primary key (workspace, layer, day, cell)
);

-- Up to which revision the changes of a workspace are due or seeded. What was there before anything was seeded counts as
-- seeded: nobody waits for it.
create table perigee.seed_mark (
    workspace text collate "C" primary key,
    revision  bigint not null
);
insert into perigee.seed_mark (workspace, revision) select workspace, latest from perigee.counter;

-- +goose Down
drop table perigee.seed_mark;
drop table perigee.seed_due;
drop table perigee.seed_block;
drop table perigee.seed_level;
drop table perigee.seed_job;
