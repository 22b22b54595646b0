-- How many records a workspace has is added up from the rows of its collections as wholes, which are few: the index of places
-- leads to them past those of all their months.

-- +goose Up
create index tally_whole on perigee.tally (workspace, collection) include (type, n) where place = -3 and month = -1;

-- +goose Down
drop index perigee.tally_whole;
