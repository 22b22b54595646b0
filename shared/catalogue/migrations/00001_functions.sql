-- What filters say of JSON properties: safe casts that give null where a value is not what is asked for. They are
-- immutable, so that indexes may be built over them, and plain SQL, so that the planner sees through them.

-- +goose Up

-- Case does not count by this collation whatever locale the database has.
-- +goose StatementBegin
do $$
begin
    create collation perigee.fold (provider = icu, locale = 'und');
exception when others then -- a server that was built without ICU folds ASCII only
    create collation perigee.fold from "C";
end
$$;
-- +goose StatementEnd

create function perigee.string(j jsonb) returns text
    language sql immutable parallel safe
    return case when jsonb_typeof(j) = 'string' then j #>> '{}' end;

create function perigee.number(j jsonb) returns float8
    language sql immutable parallel safe
    return case jsonb_typeof(j)
        when 'number' then
            case when abs(j::numeric) < 1e300 and (abs(j::numeric) > 1e-300 or j::numeric = 0) then j::float8 end
        when 'string' then
            case when (j #>> '{}') ~ '^[+-]?[0-9]{1,100}(\.[0-9]{1,100})?([eE][+-]?[0-9]{1,2})?$' then (j #>> '{}')::float8 end
        end;

-- An instant is a date (its first moment) or a date-time of RFC 3339, cut to microseconds. The expressions know the
-- length of every month, because a cast that fails would fail the whole question.
create function perigee.instant(j jsonb) returns timestamptz
    language sql immutable parallel safe
    return case
        when jsonb_typeof(j) <> 'string' then null
        when (j #>> '{}') !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-](0[0-9]|1[0-4]):[0-5][0-9]))?$' then null
        when (j #>> '{}') ~ '^0000' then null
        when (j #>> '{}') !~ '^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)' then null
        when length(j #>> '{}') = 10 then ((j #>> '{}') || 'T00:00:00Z')::timestamptz
        else regexp_replace(upper(j #>> '{}'), '(\.[0-9]{6})[0-9]+', '\1')::timestamptz
        end;

-- +goose Down
drop function perigee.instant(jsonb);
drop function perigee.number(jsonb);
drop function perigee.string(jsonb);
drop collation perigee.fold;
