-- The time since which a place has so many records, where no latest time is given: the month of no time is 0 (perigee.month),
-- which is before all others, so that nothing was counted and the whole past was looked through.

-- +goose Up
-- +goose StatementBegin
create or replace function perigee.since(workspace_ text, collections text[], places integer[], upto timestamptz, wanted bigint) returns timestamptz
    language plpgsql stable as $$
declare
    first timestamptz;
    past timestamptz;
    total bigint := 0;
    m record;
begin
    for m in
        select t.month, sum(t.n) as n from perigee.tally t
        where places is null and t.workspace = workspace_ and t.place = -3 and t.month <= case when upto is null then 999999 else perigee.month(upto) end
            and (collections is null or t.collection = any(collections)) group by t.month
        union all
        select t.month, sum(t.n) from perigee.tally t
        where places is not null and t.workspace = workspace_ and t.place = any(places) and t.month <= case when upto is null then 999999 else perigee.month(upto) end
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

-- +goose Down
-- +goose StatementBegin
create or replace function perigee.since(workspace_ text, collections text[], places integer[], upto timestamptz, wanted bigint) returns timestamptz
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
