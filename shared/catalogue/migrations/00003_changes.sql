-- What others are told of changes: events to be sent, and revisions of layers for caches.

-- +goose Up

create table perigee.outbox (
    n          bigint generated always as identity primary key,
    id         text collate "C" not null unique,
    workspace  text collate "C" not null,
    type       text not null,
    subject    text not null,
    collection text not null,
    data       json not null,
    time       timestamptz not null
);
create index outbox_of_workspace on perigee.outbox (workspace, n);

-- The count of changes of a workspace. Its row is locked by the last statement of a change, so that the order of
-- revisions is the order of commits.
create table perigee.counter (
    workspace text collate "C" primary key,
    latest    bigint not null
);

create table perigee.revision (
    workspace text collate "C" not null,
    layer     text collate "C" not null,
    cell      integer not null,
    bucket    integer not null,
    revision  bigint not null,
    primary key (workspace, layer, cell, bucket)
);
create index revision_since on perigee.revision (workspace, revision);

-- What a list of layers shows of them: kept day by day, so that it costs days, not items. The bounds may be too large
-- after deletions, until a day has no items left.
create table perigee.layer_day (
    workspace  text collate "C" not null,
    layer      text collate "C" not null,
    day        date not null, -- -infinity for items without a time
    items      integer not null,
    start_time timestamptz,
    end_time   timestamptz,
    west       float8,
    south      float8,
    east       float8,
    north      float8,
    primary key (workspace, layer, day)
);

-- +goose Down
drop table perigee.layer_day;
drop table perigee.revision;
drop table perigee.counter;
drop table perigee.outbox;
