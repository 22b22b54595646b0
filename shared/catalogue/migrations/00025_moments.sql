-- A title is in the text of its record even when it is a moment, so that what titles are like is found by words.

-- +goose Up
update perigee.record
    set text = lower(title) || E'\n' || text,
        words = words || array_to_tsvector(array_remove(regexp_split_to_array(lower(title), '[^0-9a-z]+'), ''))
    where title ~* '^\d{4}-\d{2}-\d{2}(t\d{2}:\d{2}:\d{2}(\.\d{1,9})?(z|[+-]\d{2}:\d{2})?)?$';

-- +goose Down
select 1;
