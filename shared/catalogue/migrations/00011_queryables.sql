-- The properties that records have, by collection, of which types they are, and which of them have an index.

-- +goose Up

create table perigee.queryable (
    workspace  text collate "C" not null,
    collection text collate "C" not null,
    name       text collate "C" not null,
    type       text not null, -- of JSON Schema: string, number, integer, boolean, array, object; '' when records differ
    format     text not null, -- date, date-time, or ''
    options    text[] collate "C" not null, -- the texts that were seen while they were few
    many       boolean not null,            -- there are more
    seen       bigint not null,             -- in about so many records
    declared   boolean not null,            -- its collection says that it is to be asked for
    title      text not null,
    modified   timestamptz not null,
    primary key (workspace, collection, name)
);

-- How often properties were asked for: rows to be added up.
create table perigee.queryable_use (
    name  text collate "C" not null,
    asked bigint not null,
    time  timestamptz not null
);

-- The properties that have an index over all records, with the type that it compares by.
create table perigee.queryable_index (
    name  text collate "C" primary key,
    type  text not null, -- string, number, instant
    index text not null,
    ready boolean not null
);

create index word_cut on perigee.word (word) where octet_length(word) > 190;

-- +goose Down
-- +goose StatementBegin
do $$
declare
    built text;
begin
    for built in select i.index from perigee.queryable_index i loop
        execute format('drop index if exists perigee.%I', built);
    end loop;
end
$$;
-- +goose StatementEnd
drop index perigee.word_cut;
drop table perigee.queryable_index;
drop table perigee.queryable_use;
drop table perigee.queryable;
