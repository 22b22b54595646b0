-- The boxes of footprints stand in the indexes of time: of what is looked through newest first, only records whose box touches
-- are read, and what lies within a region is counted without reading any.

-- +goose Up

-- Longitudes and latitudes in degrees. They are rounded: whoever compares them allows for perigee.box_rounding().
alter table perigee.record
    add column west real generated always as (ST_XMin(footprint)) stored,
    add column south real generated always as (ST_YMin(footprint)) stored,
    add column east real generated always as (ST_XMax(footprint)) stored,
    add column north real generated always as (ST_YMax(footprint)) stored;

-- By how many degrees the edge of a box is rounded at most.
create function perigee.box_rounding() returns float8 language sql immutable parallel safe return 1e-5;

drop index perigee.record_latest;
drop index perigee.record_latest_of_collection;
drop index perigee.record_latest_of_place;
create index record_latest on perigee.record (workspace, datetime desc, west, east, south, north);
create index record_latest_of_collection on perigee.record (workspace, collection, datetime desc, west, east, south, north);
create index record_latest_of_place on perigee.record (workspace, place, collection, datetime desc, west, east, south, north) include (type, pk) where not lasts;

-- Whether two geometries share a point. Areas of a collection may overlap, which the database's own relation takes for a fault
-- of the geometry: so each part is looked at by itself.
create function perigee.parts_intersect(a geometry, b geometry) returns boolean
    language sql immutable parallel safe
    return case when a is not null and b is not null then
        exists (select from ST_Dump(a) x join ST_Dump(b) y on x.geom && y.geom and ST_Intersects(x.geom, y.geom)) end;

create function perigee.intersects(a geometry, b geometry) returns boolean
    language sql immutable parallel safe
    return case when ST_GeometryType(a) = 'ST_GeometryCollection' or ST_GeometryType(b) = 'ST_GeometryCollection'
        then perigee.parts_intersect(a, b) else ST_Intersects(a, b) end;

create or replace function perigee.distance(a geometry, b geometry) returns float8
    language sql immutable parallel safe
    return case when perigee.intersects(a, b) then 0 else ST_Distance(perigee.dense(a), perigee.dense(b)) end;

create or replace function perigee.within(a geometry, b geometry, metres float8) returns boolean
    language sql immutable parallel safe
    return perigee.intersects(a, b) or ST_DWithin(perigee.dense(a), perigee.dense(b), metres);

-- The newest records of a workspace whose footprints share a point with a shape: so many as are wanted, in no order, and more of the
-- same time. boxes are those of the shape, or of its parts where it crosses the date line; places are where footprints that touch
-- them are filed (perigee.place). What is null bounds nothing. The page comes after a record.
--
-- Time is looked through backwards, slice by slice, each longer than the one before; the first is so long that a place of a usual
-- size has about as many records as are wanted. In a wide place most of the newest of all are there: first so many as are to be
-- examined are looked through by time alone. Else each of the places that it consists of is looked through by itself; and when that
-- finds little, the index of footprints tells whether there are but a few.
-- +goose StatementBegin
create or replace function perigee.around(workspace_ text, types text[], collections text[], shape geometry, boxes geometry[], places integer[],
        from_ timestamptz, to_ timestamptz, after_time timestamptz, after_collection text, after_id text, after_workspace text,
        wanted bigint, few bigint, examined bigint)
    returns table (pk bigint, datetime timestamptz, collection text, id text, workspace text)
    language plpgsql stable rows 20 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    timed boolean := from_ is not null or to_ is not null;
    earliest timestamptz := coalesce(from_ - interval '24 hours', '-infinity');
    latest timestamptz := coalesce(least(to_, after_time), 'infinity');
    wests real[] := array(select ST_XMin(b) - perigee.box_rounding() from unnest(boxes) b);
    easts real[] := array(select ST_XMax(b) + perigee.box_rounding() from unnest(boxes) b);
    souths real[] := array(select ST_YMin(b) - perigee.box_rounding() from unnest(boxes) b);
    norths real[] := array(select ST_YMax(b) + perigee.box_rounding() from unnest(boxes) b);
    one text := case when cardinality(collections) = 1 then collections[1] end;
    known bigint := (select sum(t.n) from perigee.tally t where t.workspace = workspace_ and t.place = -3 and t.month = -1
        and (collections is null or t.collection = any(collections)));
    slice interval;
    slices integer := 0;
    low timestamptz;
    pairs perigee.place_of_collection[];
    found_ bigint[] := '{}';
    rest bigint[];
    total bigint;
begin
    if exists (select from perigee.tally t where t.workspace = workspace_ and t.place = -2) then
        return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r
            where r.lasts and r.footprint && any(boxes) and r.workspace = workspace_ and (types is null or r.type = any(types))
                and (collections is null or r.collection = any(collections))
                and (not timed or (r.period && tstzrange(from_, to_, '[]') and (to_ is null or r.datetime <= to_)))
                and (after_time is null or (r.datetime <= after_time
                    and (r.datetime < after_time or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))))
                and perigee.intersects(r.footprint, shape)
            order by r.datetime desc, r.collection, r.id limit wanted;
    end if;
    if one is not null then
        latest := (select r.datetime from perigee.record r where r.workspace = workspace_ and r.collection = one and r.datetime <= latest order by r.datetime desc limit 1);
    else
        latest := (select r.datetime from perigee.record r where r.workspace = workspace_ and r.datetime <= latest order by r.datetime desc limit 1);
    end if;
    if latest is null or latest < earliest then
        return;
    end if;
    slice := interval '5 years' * least(examined / greatest(known, 1)::float8, 6);
    if examined > 0 then
        low := greatest(latest - slice, earliest);
        if one is not null then
            found_ := array(select distinct n.pk from unnest(wests, easts, souths, norths) b(west, east, south, north) cross join lateral (
                select n.pk from (
                    select r.pk, r.datetime, r.footprint from perigee.record r
                    where r.workspace = workspace_ and r.collection = one and r.datetime between low and latest
                        and r.west <= b.east and r.east >= b.west and r.south <= b.north and r.north >= b.south
                        and not r.lasts and (types is null or r.type = any(types))
                        and (not timed or (r.start_time is not null and (from_ is null or r.end_time >= from_)))
                        and (after_time is null or r.datetime < after_time
                            or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))
                    order by r.datetime desc offset 0) n
                where perigee.intersects(n.footprint, shape)
                order by n.datetime desc fetch first (wanted) rows with ties) n);
        else
            found_ := array(select distinct n.pk from unnest(wests, easts, souths, norths) b(west, east, south, north) cross join lateral (
                select n.pk from (
                    select r.pk, r.datetime, r.footprint from perigee.record r
                    where r.workspace = workspace_ and r.datetime between low and latest
                        and r.west <= b.east and r.east >= b.west and r.south <= b.north and r.north >= b.south
                        and not r.lasts and (collections is null or r.collection = any(collections)) and (types is null or r.type = any(types))
                        and (not timed or (r.start_time is not null and (from_ is null or r.end_time >= from_)))
                        and (after_time is null or r.datetime < after_time
                            or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))
                    order by r.datetime desc offset 0) n
                where perigee.intersects(n.footprint, shape)
                order by n.datetime desc fetch first (wanted) rows with ties) n);
        end if;
        if cardinality(found_) >= wanted or low = earliest then
            return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r where r.pk = any(found_);
            return;
        end if;
        found_ := '{}';
    end if;
    pairs := array(select p from perigee.pairs(workspace_, places, collections) p);
    latest := (select max(newest.datetime) from unnest(pairs) p cross join lateral (
        select r.datetime from perigee.record r
        where r.workspace = workspace_ and r.place = p.place and r.collection = p.collection and not r.lasts and r.datetime <= latest
        order by r.datetime desc limit 1) newest);
    slice := greatest(interval '8 days' * least(90000 * wanted / greatest(known, 1)::float8, 400), interval '1 hour');
    while latest >= earliest and cardinality(found_) < wanted loop
        if few > 0 and slices = 2 and latest > earliest + interval '100 days' and cardinality(boxes) = 1 then
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
                where exists (select from perigee.record r where r.pk = n.pk and perigee.intersects(r.footprint, shape))
                limit wanted - cardinality(found_))
            into total, rest;
            if total <= few then
                found_ := found_ || rest;
                exit;
            end if;
        end if;
        low := case when slice > interval '30 years' then earliest else greatest(latest - slice, earliest) end;
        found_ := found_ || array(select distinct f.pk from unnest(pairs) p cross join unnest(wests, easts, souths, norths) b(west, east, south, north)
            cross join lateral (
                select r.pk, r.footprint from perigee.record r
                where r.workspace = workspace_ and r.place = p.place and r.collection = p.collection and not r.lasts
                    and r.datetime between low and latest
                    and r.west <= b.east and r.east >= b.west and r.south <= b.north and r.north >= b.south
                    and (types is null or r.type = any(types))
                    and (not timed or (r.start_time is not null and (from_ is null or r.end_time >= from_)))
                    and (after_time is null or r.datetime < after_time
                        or (r.collection, r.id, r.workspace) > (after_collection, after_id, after_workspace))
                offset 0) f
            where perigee.intersects(f.footprint, shape));
        exit when low = earliest;
        latest := low - interval '1 microsecond';
        slice := slice * 4;
        slices := slices + 1;
    end loop;
    return query select r.pk, r.datetime, r.collection, r.id, r.workspace from perigee.record r where r.pk = any(found_);
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function perigee.around(workspace_ text, types text[], collections text[], shape geometry, boxes geometry[], places integer[],
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
create or replace function perigee.within(a geometry, b geometry, metres float8) returns boolean
    language sql immutable parallel safe
    return ST_Intersects(a, b) or ST_DWithin(perigee.dense(a), perigee.dense(b), metres);
create or replace function perigee.distance(a geometry, b geometry) returns float8
    language sql immutable parallel safe
    return case when ST_Intersects(a, b) then 0 else ST_Distance(perigee.dense(a), perigee.dense(b)) end;
drop function perigee.intersects(geometry, geometry);
drop function perigee.parts_intersect(geometry, geometry);
drop index perigee.record_latest;
drop index perigee.record_latest_of_collection;
drop index perigee.record_latest_of_place;
create index record_latest on perigee.record (workspace, datetime desc);
create index record_latest_of_collection on perigee.record (workspace, collection, datetime desc);
create index record_latest_of_place on perigee.record (workspace, place, collection, datetime desc) where not lasts;
alter table perigee.record drop column west, drop column south, drop column east, drop column north;
drop function perigee.box_rounding();
