-- What people ask for: how a registration went, and what nobody could handle.

-- +goose Up

create table perigee.registration (
    workspace  text collate "C" not null,
    subject    text collate "C" not null, -- the document's address, else the record, else the event
    href       text collate "C" not null,
    collection text not null,
    id         text collate "C" not null,
    route      text not null,
    mode       text not null,
    status     text not null,
    outcome    text not null,
    error      text not null,
    locator    text not null,
    missing    text[] collate "C" not null,
    event      text not null,
    attempts   integer not null, -- since the last success
    time       timestamptz not null,
    took       float8 not null,
    primary key (workspace, subject)
);
create index registration_latest on perigee.registration (workspace, time desc, subject);
create index registration_by_id on perigee.registration (workspace, id);
create index registration_missing on perigee.registration using gin (missing) where status = 'failed';

create table perigee.dead_letter (
    workspace text collate "C" not null,
    id        text collate "C" not null,
    type      text not null,
    source    text not null,
    subject   text not null,
    reason    text not null,
    event     json not null,
    time      timestamptz not null,
    replayed  timestamptz,
    primary key (workspace, id)
);
create index dead_letter_latest on perigee.dead_letter (workspace, time desc, id);
create index dead_letter_waiting on perigee.dead_letter (workspace, time, id) where replayed is null; -- what nobody sent again yet

-- +goose Down
drop table perigee.dead_letter;
drop table perigee.registration;
