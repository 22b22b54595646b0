-- Harvests: the runs, and the nodes that their walks have met. The nodes that are still to be visited are the cursor of a
-- run; those that were visited keep a walk from going in circles. They go when the run has ended, except the failed ones.

-- +goose Up

create table perigee.harvest_run (
    pk          bigint generated always as identity primary key,
    workspace   text collate "C" not null,
    id          text collate "C" not null,
    harvester   text collate "C" not null,
    overrides   json not null, -- of the harvester's configuration; null when there are none
    status      text not null, -- running, finished, failed, cancelled
    error       text not null, -- why the run failed
    time        timestamptz not null, -- when it was asked for
    changed     timestamptz not null, -- when the walk last took a step
    ended       timestamptz,
    cursor      bigint not null, -- steps of the walk so far
    fence       bigint not null, -- counts the workers that held the run: only the latest may write
    lease_until timestamptz,     -- null: nobody holds it
    nodes       bigint not null, -- met so far
    visited     bigint not null,
    found       bigint not null,
    requested   bigint not null,
    filtered    bigint not null,
    failed      bigint not null,
    unique (workspace, id)
);
create index harvest_run_latest on perigee.harvest_run (workspace, time desc, id);
create index harvest_run_running on perigee.harvest_run (changed) where status = 'running';

create table perigee.harvest_node (
    run    bigint not null references perigee.harvest_run (pk) on delete cascade,
    href   text collate "C" not null,
    n      bigint generated always as identity,
    depth  integer not null,
    state  text not null, -- pending, visited, failed
    reason text not null, -- why it failed
    primary key (run, href)
);
create index harvest_node_pending on perigee.harvest_node (run, n) where state = 'pending';
create index harvest_node_failed on perigee.harvest_node (run, n) where state = 'failed';

-- +goose Down
drop table perigee.harvest_node;
drop table perigee.harvest_run;
