-- The dead letters that nobody sent again yet, oldest first: they are found without reading those that were.

-- +goose Up
create index dead_letter_waiting on perigee.dead_letter (workspace, time, id) where replayed is null;

-- +goose Down
drop index perigee.dead_letter_waiting;
