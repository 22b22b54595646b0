-- Records are found by their keywords; those that have none cost nothing.

-- +goose Up
create index record_keywords on perigee.record using gin (keywords) where cardinality(keywords) > 0;

-- +goose Down
drop index perigee.record_keywords;
