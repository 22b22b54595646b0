-- Where records are, coarsely, and how many are where and when: what newest-first questions with a box are planned by, and what
-- counts are read from. The database keeps both itself, whichever release of the programs writes.

-- +goose Up

-- A place is a cell of a pyramid of grids: 64 x 32 cells of 5.625 degrees at level 6, half as many each way at every level above
-- it, counted from the south west corner: level * 2048 + row * 64 + column. A footprint is at the finest level whose cells are
-- as large as itself, in the cell of its centre: it reaches at most half a cell beyond it. One that is cut at the date line is
-- taken as one piece. 0 is the world; null, nowhere.
-- +goose StatementBegin
create function perigee.place(footprint geometry) returns integer
    language plpgsql immutable parallel safe strict as $$
declare
    b box3d := footprint::box3d;
    west float8 := ST_XMin(b);
    east float8 := ST_XMax(b);
    south float8 := ST_YMin(b);
    north float8 := ST_YMax(b);
    size float8 := 5.625;
    level integer := 6;
begin
    if b is null then
        return null;
    end if;
    if east - west > 180 then
        b := ST_ShiftLongitude(footprint)::box3d;
        if ST_XMax(b) - ST_XMin(b) < east - west then
            west := ST_XMin(b);
            east := ST_XMax(b);
        end if;
    end if;
    while level > 0 and greatest(east - west, north - south) > size loop
        level := level - 1;
        size := size * 2;
    end loop;
    if level = 0 then
        return 0;
    end if;
    west := (west + east) / 2;
    if west >= 180 then
        west := west - 360;
    end if;
    return level * 2048 + least(greatest(floor(((south + north) / 2 + 90) / size)::integer, 0), greatest(1 << level >> 1, 1) - 1) * 64
        + least(greatest(floor((west + 180) / size)::integer, 0), (1 << level) - 1);
end
$$;
-- +goose StatementEnd

-- A record lasts when its time is longer than a day or open: then its beginning does not tell when it is to be looked for.
create function perigee.lasts(start_time timestamptz, end_time timestamptz) returns boolean
    language sql immutable parallel safe
    return (start_time is not null or end_time is not null) and coalesce(end_time - start_time > interval '1 day', true);

-- The month of a time, by UTC: year * 12 + month - 1; 0 is that of no time.
create function perigee.month(t timestamptz) returns integer
    language sql immutable parallel safe
    return case when isfinite(t) then
        extract(year from t at time zone 'UTC')::integer * 12 + extract(month from t at time zone 'UTC')::integer - 1 else 0 end;

alter table perigee.record
    add column place integer generated always as (perigee.place(footprint)) stored,
    add column lasts boolean not null generated always as (perigee.lasts(start_time, end_time)) stored;

-- How many records there are: rows to be added up. A change adds rows, so that writers never wait for each other; merging adds
-- rows of the same up.
create table perigee.tally (
    workspace  text collate "C" not null,
    type       text collate "C" not null,
    collection text collate "C" not null,
    place      integer not null, -- -1: nowhere; -2: it lasts, wherever it is; -3: all places together
    month      integer not null, -- -1: all months together
    n          bigint not null
);
create index tally_places on perigee.tally (workspace, place, collection, month) include (type, n);

-- +goose StatementBegin
create function perigee.tally_added() returns trigger language plpgsql as $$
begin
    insert into perigee.tally (workspace, type, collection, place, month, n)
        select workspace, type, collection, coalesce(place, -3), coalesce(month, -1), n from (
            select workspace, type, collection, case when lasts then -2 else coalesce(place, -1) end as place, perigee.month(datetime) as month, count(*) as n
            from added group by grouping sets ((1, 2, 3, 4, 5), (1, 2, 3, 5), (1, 2, 3))) counted;
    return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function perigee.tally_removed() returns trigger language plpgsql as $$
begin
    insert into perigee.tally (workspace, type, collection, place, month, n)
        select workspace, type, collection, coalesce(place, -3), coalesce(month, -1), n from (
            select workspace, type, collection, case when lasts then -2 else coalesce(place, -1) end as place, perigee.month(datetime) as month, -count(*) as n
            from removed group by grouping sets ((1, 2, 3, 4, 5), (1, 2, 3, 5), (1, 2, 3))) counted;
    return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function perigee.tally_changed() returns trigger language plpgsql as $$
begin
    insert into perigee.tally (workspace, type, collection, place, month, n)
        select workspace, type, collection, coalesce(place, -3), coalesce(month, -1), n from (
            select workspace, type, collection, case when lasts then -2 else coalesce(place, -1) end as place, perigee.month(datetime) as month, sum(more) as n
            from (select workspace, type, collection, lasts, place, datetime, 1 as more from added
                union all select workspace, type, collection, lasts, place, datetime, -1 from removed) both_
            group by grouping sets ((1, 2, 3, 4, 5), (1, 2, 3, 5), (1, 2, 3)) having sum(more) <> 0) counted;
    return null;
end
$$;
-- +goose StatementEnd

create trigger tally_added after insert on perigee.record
    referencing new table as added for each statement execute function perigee.tally_added();
create trigger tally_removed after delete on perigee.record
    referencing old table as removed for each statement execute function perigee.tally_removed();
create trigger tally_changed after update on perigee.record
    referencing old table as removed new table as added for each statement execute function perigee.tally_changed();

-- Adds up the rows of one place, which is the likelier chosen the more rows it has, and now and then those of all places
-- together. Gives the number of rows that there were.
-- +goose StatementBegin
create function perigee.merge_tally() returns bigint language plpgsql set enable_seqscan = off as $$
declare
    somewhere tid := format('(%s,%s)', floor(random() * pg_relation_size('perigee.tally') / 8192), 1 + floor(random() * 60));
    chosen record;
    rows bigint;
begin
    select t.workspace, t.place into chosen from perigee.tally t where t.ctid = somewhere;
    if not found then
        return 0;
    end if;
    with former as (
        delete from perigee.tally t
        where t.workspace = chosen.workspace and t.place = any(array[chosen.place, case when random() < 0.1 then -3 else chosen.place end])
        returning workspace, type, collection, place, month, n
    ), put as (
        insert into perigee.tally (workspace, type, collection, place, month, n)
        select workspace, type, collection, place, month, sum(n) from former group by 1, 2, 3, 4, 5 having sum(n) <> 0
    )
    select count(*) into rows from former;
    return rows;
end
$$;
-- +goose StatementEnd

-- From when on there are about as many records of some collections in some places as are wanted, up to a time; what is null
-- bounds nothing. Within a month they are taken to be spread evenly. -infinity, when there are not as many.
-- +goose StatementBegin
create function perigee.since(workspace_ text, collections text[], places integer[], upto timestamptz, wanted bigint) returns timestamptz
    language plpgsql stable as $$
declare
    first timestamptz;
    past timestamptz;
    total bigint := 0;
    m record;
begin
    for m in
        select t.month, sum(t.n) as n from perigee.tally t
        where places is null and t.workspace = workspace_ and t.place = -3 and t.month <= coalesce(perigee.month(upto), 999999)
            and (collections is null or t.collection = any(collections)) group by t.month
        union all
        select t.month, sum(t.n) from perigee.tally t
        where places is not null and t.workspace = workspace_ and t.place = any(places) and t.month <= coalesce(perigee.month(upto), 999999)
            and (collections is null or t.collection = any(collections)) group by t.month
        order by 1 desc
    loop
        exit when m.month <= 0;
        first := make_timestamptz(m.month / 12, m.month % 12 + 1, 1, 0, 0, 0, 'UTC');
        past := first + interval '31 days';
        if m.month = perigee.month(upto) then
            m.n := ceil(m.n * extract(epoch from upto - first) / extract(epoch from past - first));
            past := upto;
        elsif first < now() then
            past := least(past, now());
        end if;
        if total + m.n >= wanted then
            return past - (past - first) * ((wanted - total)::float8 / greatest(m.n, 1));
        end if;
        total := total + m.n;
    end loop;
    return '-infinity';
end
$$;
-- +goose StatementEnd

insert into perigee.tally (workspace, type, collection, place, month, n)
    select workspace, type, collection, coalesce(place, -3), coalesce(month, -1), n from (
        select workspace, type, collection, case when lasts then -2 else coalesce(place, -1) end as place, perigee.month(datetime) as month, count(*) as n
        from perigee.record group by grouping sets ((1, 2, 3, 4, 5), (1, 2, 3, 5), (1, 2, 3))) counted;

-- The indexes lead to what comes next by time; the few of the same time are sorted. What is long, and few, has its own.
create index record_latest on perigee.record (workspace, datetime desc);
create index record_latest_of_collection on perigee.record (workspace, collection, datetime desc);
create index record_latest_of_place on perigee.record (workspace, place, collection, datetime desc) where not lasts;
create index record_lasting on perigee.record using gist (period) where lasts;
create index record_lasting_footprint on perigee.record using gist (footprint) where lasts;
create index record_shown on perigee.record using gin (layers) where drawable;

-- Rows come and go by thousands.
alter table perigee.outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
alter table perigee.tally set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000);

drop index perigee.record_newest;
drop index perigee.record_newest_of_collection;
drop index perigee.record_period;
drop index perigee.record_layers;

-- +goose Down
create index record_newest on perigee.record (workspace, datetime desc, collection, id) include (type);
create index record_newest_of_collection on perigee.record (workspace, collection, datetime desc, id) include (type);
create index record_period on perigee.record using gist (period);
create index record_layers on perigee.record using gin (layers);
drop index perigee.record_shown;
drop index perigee.record_lasting_footprint;
drop index perigee.record_lasting;
drop index perigee.record_latest_of_place;
drop index perigee.record_latest_of_collection;
drop index perigee.record_latest;
drop trigger tally_changed on perigee.record;
drop trigger tally_removed on perigee.record;
drop trigger tally_added on perigee.record;
drop function perigee.since(text, text[], integer[], timestamptz, bigint);
drop function perigee.merge_tally();
drop function perigee.tally_changed();
drop function perigee.tally_removed();
drop function perigee.tally_added();
drop table perigee.tally;
alter table perigee.record drop column lasts, drop column place;
drop function perigee.month(timestamptz);
drop function perigee.lasts(timestamptz, timestamptz);
drop function perigee.place(geometry);
