-- How many titles and abstracts have a pattern.

-- +goose Up

-- Conditions on them speak of expressions, of which the planner knows nothing by itself: it took every pattern for a rare one.
create statistics perigee.record_titles on (nullif(title, '')), (nullif(abstract, '')) from perigee.record;
