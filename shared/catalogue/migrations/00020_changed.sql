-- What changed since a time is read in that order, by whoever follows a catalogue (OAI-PMH).

-- +goose Up
create index record_changed on perigee.record (workspace, modified, datetime desc, collection, id);

-- +goose Down
drop index perigee.record_changed;
