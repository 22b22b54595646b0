-- The elevations of layers are found by an index that leads from each to the next: the question costs as many look-ups as there
-- are different ones, and not as many as there are items.

-- +goose Up

create index record_elevation on perigee.record (workspace, layers, ((properties->>'elevation')::float8))
    where drawable and jsonb_typeof(properties->'elevation') = 'number';

-- +goose Down

drop index perigee.record_elevation;
