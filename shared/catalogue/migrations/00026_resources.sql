-- Resources that are harvested again and again: CSW's Harvest with an interval (07-006r1, clause 10.12).

-- +goose Up

create table perigee.harvest_resource (
    workspace   text collate "C" not null,
    source      text collate "C" not null, -- its address
    type        text not null,             -- as Harvest names it
    every       text not null,             -- the interval, in the words of ISO 8601
    principal   text not null,             -- who asked for it
    collections text[] not null,           -- of the first records that it became; when none of them is left it is not harvested again
    ids         text[] not null,           -- of the same
    due         timestamptz not null,
    harvested   timestamptz not null,      -- when it was tried last
    failures    integer not null,          -- since it last succeeded
    error       text not null,             -- why it failed last
    fence       bigint not null,           -- counts who held it: only the latest may write
    lease_until timestamptz,               -- null: nobody holds it
    primary key (workspace, source)
);
create index harvest_resource_due on perigee.harvest_resource (due);

-- +goose Down
drop table perigee.harvest_resource;
