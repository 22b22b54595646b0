-- What filters measure beyond distances. Package geo measures the same in memory.

-- +goose Up

-- How many square metres of the WGS 84 ellipsoid a geometry covers, edges being straight in longitude and latitude; of a
-- collection the areas of its parts are added up. Under each edge lies a strip that reaches to the equator: its width in
-- longitude times the mean of a series of its latitudes (geo.Area has the same numbers). What is next to nothing is
-- nothing, for products of such would leave what a float8 holds.
create function perigee.area(g geometry) returns float8
    language sql immutable parallel safe
    return case when g is not null then (
        select coalesce(abs(sum(6356752.3142451795 * 6356752.3142451795 * width * (
            1.0033640898209764 * sin(middle) * case when half = 0 then 1 else sin(half) / half end
            - 0.0011241893787627971 * sin(3 * middle) * case when half = 0 then 1 else sin(3 * half) / (3 * half) end
            + 1.699460646976848e-6 * sin(5 * middle) * case when half = 0 then 1 else sin(5 * half) / (5 * half) end
            - 2.718255104718912e-9 * sin(7 * middle) * case when half = 0 then 1 else sin(7 * half) / (7 * half) end
            + 4.438128477948812e-12 * sin(9 * middle) * case when half = 0 then 1 else sin(9 * half) / (9 * half) end))), 0)
        from (
            select case when abs(x2 - x1) < 1e-12 then 0 else radians(x2 - x1) end as width,
                case when abs(y1 + y2) < 1e-12 then 0 else radians(y1 + y2) / 2 end as middle,
                case when abs(y2 - y1) < 1e-12 then 0 else radians(y2 - y1) / 2 end as half
            from (
                select ST_X(ST_StartPoint(s.geom)) x1, ST_Y(ST_StartPoint(s.geom)) y1, ST_X(ST_EndPoint(s.geom)) x2, ST_Y(ST_EndPoint(s.geom)) y2
                from ST_DumpSegments(ST_ForcePolygonCW(ST_CollectionExtract(g, 3))) s) edges) strips) end;

-- +goose Down
drop function perigee.area(geometry);
