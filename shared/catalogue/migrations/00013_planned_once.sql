-- The newest records of a place, in a function: its statements are planned once for each connection, not anew for each question,
-- which takes longer than to answer it.

-- +goose Up

-- The collections of which a workspace has records in some places, pair by pair: those that are named, or all that are there.
-- An index leads from each collection of a place to the next.
create type perigee.place_of_collection as (place integer, collection text);
create function perigee.pairs(workspace_ text, places integer[], collections text[]) returns setof perigee.place_of_collection
    language sql stable rows 30 as $$
    with recursive pair(place, collection) as (
        select p.place, (select t.collection from perigee.tally t where t.workspace = workspace_ and t.place = p.place order by t.collection limit 1)
        from unnest(places) p(place) where collections is null
        union all
        select pair.place, (select t.collection from perigee.tally t
            where t.workspace = workspace_ and t.place = pair.place and t.collection > pair.collection order by t.collection limit 1)
        from pair where pair.collection is not null
    )
    select place, collection from pair where collection is not null
    union all
    select p.place, c.collection from unnest(places) p(place) cross join unnest(collections) c(collection)
$$;

-- The newest records of a workspace whose footprints share a point with a shape: so many as are wanted, in no order, and more of the
-- same time. boxes are those of the shape, or of its parts where it crosses the date line; places are where footprints that touch
-- them are filed (perigee.place). What is null bounds nothing. The page comes after a record.
--
-- In a wide place most of the newest of all are there: so many of them are examined. A few are found by the index of footprints.
-- Else the places are looked through back in time, slice by slice, each longer than the one before.
-- +goose StatementBegin
create function perigee.around(workspace_ text, types text[], collections text[], shape geometry, boxes geometry[], places integer[],
        from_ timestamptz, to_ timestamptz, after_time timestamptz, after_collection text, after_id text, after_workspace text,
        wanted bigint, few bigint, examined bigint)
    returns table (pk bigint, datetime timestamptz, collection text, id text, workspace text)
    language plpgsql stable rows 20 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    timed boolean := from_ is not null or to_ is not null;
    earliest timestamptz := coalesce(from_ - interval '24 hours', '-infinity');
    latest timestamptz := coalesce(least(to_, after_time), 'infinity');
    slice interval := '8 days';
    low timestamptz;
    pairs perigee.place_of_collection[];
    found_ bigint[];
    total bigint;
begin
    if exists (select from perigee.tally t where t.workspace = workspace_ and t.place = -2) then
        return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r
            where r.lasts and r.footprint && any(boxes) and r.workspace = workspace_ and (types is null or r.type = any(types))
                and (collections is null or r.collection = any(collections))
                and (not timed or (r.period && tstzrange(from_, to_, '[]') and (to_ is null or r.datetime <= to_)))
                and (after_time is null or (r.datetime <= after_time
                    and (r.datetime < after_time or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))))
                and ST_Intersects(r.footprint, shape)
            order by r.datetime desc, r.collection, r.id limit wanted;
    end if;
    if examined > 0 then
        if cardinality(collections) = 1 then
            found_ := array(select n.pk from (
                    select r.* from perigee.record r
                    where r.workspace = workspace_ and r.collection = collections[1] and r.datetime <= latest and r.datetime >= earliest
                    order by r.datetime desc fetch first (examined) rows with ties) n
                where n.footprint && any(boxes) and not n.lasts and (types is null or n.type = any(types))
                    and (not timed or (n.start_time is not null and (from_ is null or n.end_time >= from_)))
                    and (after_time is null or n.datetime < after_time
                        or (n.collection, n.id, n.workspace) > (after_collection, after_id, after_workspace))
                    and ST_Intersects(n.footprint, shape)
                order by n.datetime desc fetch first (wanted) rows with ties);
        else
            found_ := array(select n.pk from (
                    select r.* from perigee.record r
                    where r.workspace = workspace_ and r.datetime <= latest and r.datetime >= earliest
                    order by r.datetime desc fetch first (examined) rows with ties) n
                where n.footprint && any(boxes) and not n.lasts and (collections is null or n.collection = any(collections)) and (types is null or n.type = any(types))
                    and (not timed or (n.start_time is not null and (from_ is null or n.end_time >= from_)))
                    and (after_time is null or n.datetime < after_time
                        or (n.collection, n.id, n.workspace) > (after_collection, after_id, after_workspace))
                    and ST_Intersects(n.footprint, shape)
                order by n.datetime desc fetch first (wanted) rows with ties);
        end if;
        if cardinality(found_) >= wanted then
            return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r where r.pk = any(found_);
            return;
        end if;
    elsif few > 0 and array_length(boxes, 1) = 1 and (from_ is null or latest > from_ + interval '100 days') then
        with near as materialized (
            select r.pk, r.datetime, r.collection, r.id,
                not r.lasts and r.workspace = workspace_ and (types is null or r.type = any(types))
                and (collections is null or r.collection = any(collections)) and r.datetime between earliest and latest
                and (not timed or (r.start_time is not null and (from_ is null or r.end_time >= from_)))
                and (after_time is null or r.datetime < after_time
                    or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace)) as fits
            from perigee.record r where r.footprint && boxes[1] limit few + 1
        )
        select (select count(*) from near), array(select n.pk
            from (select * from near where fits and (select count(*) from near) <= few order by datetime desc, collection, id offset 0) n
            where exists (select from perigee.record r where r.pk = n.pk and ST_Intersects(r.footprint, shape))
            limit wanted)
        into total, found_;
        if total <= few then
            return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r where r.pk = any(found_);
            return;
        end if;
    end if;
    pairs := array(select p from perigee.pairs(workspace_, places, collections) p);
    latest := (select max(newest.datetime) from unnest(pairs) p cross join lateral (
        select r.datetime from perigee.record r
        where r.workspace = workspace_ and r.place = p.place and r.collection = p.collection and not r.lasts and r.datetime <= latest
        order by r.datetime desc limit 1) newest);
    found_ := '{}';
    while latest >= earliest and cardinality(found_) < wanted loop
        low := case when slice > interval '30 years' then earliest else greatest(latest - slice, earliest) end;
        found_ := found_ || array(select f.pk from unnest(pairs) p cross join lateral (
                select r.pk, r.footprint from perigee.record r
                where r.workspace = workspace_ and r.place = p.place and r.collection = p.collection and not r.lasts
                    and r.datetime between low and latest and (types is null or r.type = any(types))
                    and (not timed or (r.start_time is not null and (from_ is null or r.end_time >= from_)))
                    and (after_time is null or r.datetime < after_time
                        or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))
                    and r.footprint && any(boxes) offset 0) f
            where ST_Intersects(f.footprint, shape));
        exit when low = earliest;
        latest := low - interval '1 microsecond';
        slice := slice * 4;
    end loop;
    return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r where r.pk = any(found_);
end
$$;
-- +goose StatementEnd

-- The workspaces that have records that last.
-- +goose StatementBegin
create function perigee.lasting(workspaces text[]) returns text[]
    language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
    return array(select w.workspace from unnest(workspaces) w(workspace)
        where exists (select from perigee.tally t where t.workspace = w.workspace and t.place = -2));
end
$$;
-- +goose StatementEnd

-- Adds up the rows of one place that are of the same, and leaves the others, which are many more. Places are the likelier chosen
-- the more rows they have, and now and then all together are. No writer waits for another: a place that is being added up is
-- left to who does so. Gives the number of rows that there were.
-- +goose StatementBegin
create or replace function perigee.merge_tally() returns bigint language plpgsql set enable_seqscan = off as $$
declare
    somewhere tid := format('(%s,%s)', floor(random() * pg_relation_size('perigee.tally') / 8192), 1 + floor(random() * 60));
    chosen record;
    merged bigint := 0;
    rows bigint;
begin
    select t.workspace, t.place into chosen from perigee.tally t where t.ctid = somewhere;
    if not found then
        return 0;
    end if;
    for chosen.place in select distinct p from unnest(array[chosen.place, case when random() < 0.1 then -3 else chosen.place end]) p loop
        continue when not pg_try_advisory_xact_lock(hashtextextended('perigee.tally ' || chosen.workspace, chosen.place));
        with known as (
            select t.ctid as at, t.type, t.collection, t.month, t.n, count(*) over (partition by t.type, t.collection, t.month) as times
            from perigee.tally t where t.workspace = chosen.workspace and t.place = chosen.place
        ), former as (
            delete from perigee.tally t using known k
            where t.ctid = k.at and (k.times > 1 or k.n = 0)
            returning t.type, t.collection, t.month, t.n
        ), put as (
            insert into perigee.tally (workspace, type, collection, place, month, n)
            select chosen.workspace, type, collection, chosen.place, month, sum(n) from former group by 2, 3, 5 having sum(n) <> 0
        )
        select count(*) into rows from former;
        merged := merged + rows;
    end loop;
    return merged;
end
$$;
-- +goose StatementEnd

-- What comes and goes by thousands is small: it is cleaned at once, for every sweep passes over what is dead.
alter table perigee.outbox set (autovacuum_vacuum_cost_delay = 0);
alter table perigee.tally set (autovacuum_vacuum_cost_delay = 0);

-- +goose Down
alter table perigee.tally reset (autovacuum_vacuum_cost_delay);
alter table perigee.outbox reset (autovacuum_vacuum_cost_delay);
-- +goose StatementBegin
create or replace function perigee.merge_tally() returns bigint language plpgsql set enable_seqscan = off as $$
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
drop function perigee.lasting(text[]);
drop function perigee.around(text, text[], text[], geometry, geometry[], integer[], timestamptz, timestamptz, timestamptz, text, text, text, bigint, bigint, bigint);
drop function perigee.pairs(text, integer[], text[]);
drop type perigee.place_of_collection;
