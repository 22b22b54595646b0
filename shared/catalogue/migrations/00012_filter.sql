-- What filters do beyond comparing: functions that never fail, whatever the data are, and are null where there is no
-- result. They are immutable, so that indexes may be built over them. Package filter's evaluator does the same in memory.

-- +goose Up

-- A text in which case does not count: the full mappings of Unicode, to upper case and then to lower case, and what is
-- left that has a form of its own in lower case: a final sigma (03C2) is a sigma (03C3), a sharp s (00DF) is ss.
create function perigee.fold_case(t text) returns text
    language sql immutable parallel safe
    return replace(translate(lower(upper(t collate perigee.fold) collate perigee.fold), U&'\03C2', U&'\03C3'), U&'\00DF', 'ss');

-- A text without diacritical marks: the characters of Unicode's blocks of combining diacritical marks.
create function perigee.without_accents(t text) returns text
    language sql immutable parallel safe
    return normalize(regexp_replace(normalize(t, NFD),
        '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g'), NFC);

-- The last moment of what perigee.instant gives the first one of: a date is its whole day.
create function perigee.instant_end(j jsonb) returns timestamptz
    language sql immutable parallel safe
    return case when length(j #>> '{}') = 10
        then ((perigee.instant(j) at time zone 'UTC') + interval '86399.999999 seconds') at time zone 'UTC'
        else perigee.instant(j) end;

-- Numbers are zero or between 1e-300 and 1e300 in size, as perigee.number gives them. The conditions come before the
-- operations, for these would fail beyond what a float8 holds.
create function perigee.add(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case when abs(a + b) < 1e300 and (abs(a + b) > 1e-300 or a + b = 0) then a + b end;

create function perigee.subtract(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case when abs(a - b) < 1e300 and (abs(a - b) > 1e-300 or a - b = 0) then a - b end;

create function perigee.multiply(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case
        when a = 0 or b = 0 then a * b
        when abs(b) >= 1 and abs(a) > 1e300 / abs(b) then null
        when abs(b) < 1 and abs(a) < 1e-300 / abs(b) then null
        when abs(a * b) < 1e300 and abs(a * b) > 1e-300 then a * b
        end;

create function perigee.divide(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case
        when b = 0 then null
        when a = 0 then a / b
        when abs(b) < 1 and abs(a) > 1e300 * abs(b) then null
        when abs(b) >= 1 and abs(a) < 1e-300 * abs(b) then null
        when abs(a / b) < 1e300 and abs(a / b) > 1e-300 then a / b
        end;

create function perigee.div(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case when abs(perigee.divide(a, b)) < 9007199254740992 then trunc(perigee.divide(a, b)) end;

create function perigee.modulo(a float8, b float8) returns float8
    language sql immutable parallel safe
    return perigee.subtract(a, perigee.div(a, b) * b);

create function perigee.power(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case
        when a = 0 and b < 0 or a < 0 and b <> trunc(b) then null
        when a = 0 or b = 0 then power(a, b)
        when abs(b) * abs(ln(abs(a))) < 690 then power(a, b)
        end;

create function perigee.lesser(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case when a <= b then a when b <= a then b end;

create function perigee.greater(a float8, b float8) returns float8
    language sql immutable parallel safe
    return case when a >= b then a when b >= a then b end;

-- An array made comparable: what is no text, number or truth value is null in it.
create function perigee.elements(j jsonb) returns jsonb
    language sql immutable parallel safe
    return case when jsonb_typeof(j) = 'array' then (
        select coalesce(jsonb_agg(case jsonb_typeof(e)
                when 'number' then to_jsonb(perigee.number(e))
                when 'string' then e
                when 'boolean' then e
            end order by n), '[]')
        from jsonb_array_elements(j) with ordinality as of(e, n)) end;

-- Relations of two arrays as sets.
create function perigee.set_contains(a jsonb, b jsonb) returns boolean
    language sql immutable parallel safe
    return a @> b;

create function perigee.set_contained_by(a jsonb, b jsonb) returns boolean
    language sql immutable parallel safe
    return a <@ b;

create function perigee.set_equals(a jsonb, b jsonb) returns boolean
    language sql immutable parallel safe
    return a @> b and a <@ b;

create function perigee.set_overlaps(a jsonb, b jsonb) returns boolean
    language sql immutable parallel safe
    return case when a is not null and b is not null then
        exists (select from jsonb_array_elements(a) x(e) join jsonb_array_elements(b) y(e) on x.e = y.e) end;

-- A geometry that all relations take: of a collection the parts of the highest dimension, areas that overlap made one.
create function perigee.plain(g geometry) returns geometry
    language sql immutable parallel safe
    return case
        when ST_GeometryType(g) <> 'ST_GeometryCollection' then g
        when ST_Dimension(g) = 2 then ST_UnaryUnion(ST_CollectionExtract(g, 3))
        else ST_CollectionExtract(g)
        end;

-- A geometry whose edges are straight in longitude and latitude, cut into pieces whose ends the shortest way joins
-- closely enough; without it an edge from pole to pole would have no direction.
create function perigee.dense(g geometry) returns geography
    language sql immutable parallel safe
    return ST_Segmentize(g, greatest(1, ST_NPoints(g) / 1000.0))::geography;

-- How far two geometries are apart in metres, and whether they are as near as that.
create function perigee.distance(a geometry, b geometry) returns float8
    language sql immutable parallel safe
    return case when ST_Intersects(a, b) then 0 else ST_Distance(perigee.dense(a), perigee.dense(b)) end;

create function perigee.within(a geometry, b geometry, metres float8) returns boolean
    language sql immutable parallel safe
    return ST_Intersects(a, b) or ST_DWithin(perigee.dense(a), perigee.dense(b), metres);

-- +goose Down
drop function perigee.within(geometry, geometry, float8);
drop function perigee.distance(geometry, geometry);
drop function perigee.dense(geometry);
drop function perigee.plain(geometry);
drop function perigee.set_overlaps(jsonb, jsonb);
drop function perigee.set_equals(jsonb, jsonb);
drop function perigee.set_contained_by(jsonb, jsonb);
drop function perigee.set_contains(jsonb, jsonb);
drop function perigee.elements(jsonb);
drop function perigee.greater(float8, float8);
drop function perigee.lesser(float8, float8);
drop function perigee.power(float8, float8);
drop function perigee.modulo(float8, float8);
drop function perigee.div(float8, float8);
drop function perigee.divide(float8, float8);
drop function perigee.multiply(float8, float8);
drop function perigee.subtract(float8, float8);
drop function perigee.add(float8, float8);
drop function perigee.instant_end(jsonb);
drop function perigee.without_accents(text);
drop function perigee.fold_case(text);
