-- Questions with a box in catalogues of up to a hundred thousand records.

-- +goose Up

-- As before (00017), but where there are not many records in all, the index of footprints is asked first whether there are but a few
-- in the box; and nothing is prepared that is not used then.
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
    wests real[];
    easts real[];
    souths real[];
    norths real[];
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
        select array_agg(ST_XMin(b) - perigee.box_rounding()), array_agg(ST_XMax(b) + perigee.box_rounding()),
            array_agg(ST_YMin(b) - perigee.box_rounding()), array_agg(ST_YMax(b) + perigee.box_rounding())
            from unnest(boxes) b into wests, easts, souths, norths;
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
    slice := greatest(interval '8 days' * least(90000 * wanted / greatest(known, 1)::float8, 400), interval '1 hour');
    while latest >= earliest and cardinality(found_) < wanted loop
        if few > 0 and (slices = 2 or slices = 0 and known <= 100000) and latest > earliest + interval '100 days' and cardinality(boxes) = 1 then
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
            few := 0;
        end if;
        if pairs is null then
            if wests is null then
                select array_agg(ST_XMin(b) - perigee.box_rounding()), array_agg(ST_XMax(b) + perigee.box_rounding()),
                    array_agg(ST_YMin(b) - perigee.box_rounding()), array_agg(ST_YMax(b) + perigee.box_rounding())
                    from unnest(boxes) b into wests, easts, souths, norths;
            end if;
            pairs := array(select p from perigee.pairs(workspace_, places, collections) p);
            latest := (select max(newest.datetime) from unnest(pairs) p cross join lateral (
                select r.datetime from perigee.record r
                where r.workspace = workspace_ and r.place = p.place and r.collection = p.collection and not r.lasts and r.datetime <= latest
                order by r.datetime desc limit 1) newest);
            exit when latest is null or latest < earliest;
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
