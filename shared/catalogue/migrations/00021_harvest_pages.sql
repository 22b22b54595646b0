-- Harvests of services: what a run was configured with when the configuration came along with it, the window of time of a
-- run that goes on from the one before, and the requests of runs that nobody has handled yet, by which a harvest waits when
-- registration is behind.

-- +goose Up

alter table perigee.harvest_run
    add column config json,        -- of an ad-hoc run; null: that of the deployment
    add column since  timestamptz, -- the window of a continuous harvester
    add column until  timestamptz;
create index harvest_run_watermark on perigee.harvest_run (workspace, harvester, until) where until is not null and status = 'finished';

create table perigee.harvest_request (
    id        text collate "C" primary key, -- of the event
    run       bigint not null references perigee.harvest_run (pk) on delete cascade,
    documents integer not null,
    asked     timestamptz not null
);
create index harvest_request_of on perigee.harvest_request (run, asked);

-- +goose Down
drop table perigee.harvest_request;
drop index perigee.harvest_run_watermark;
alter table perigee.harvest_run drop column until, drop column since, drop column config;
