-- The words that records use, each once or a few times. A substring is looked for in the words, of which there are few, and then
-- the words in the records: an index of the substrings of all texts costs more than all other indexes together.

-- +goose Up

create table perigee.word (word text collate "C" not null);
create index word_itself on perigee.word (word);
create index word_parts on perigee.word using gin (word gin_trgm_ops);

-- Two writers that meet the same new word at once both write it, rather than wait for each other.
-- +goose StatementBegin
create function perigee.note_words() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    insert into perigee.word (word)
        select w.word from (select distinct unnest(tsvector_to_array(words)) as word from added) w
        where not exists (select from perigee.word known where known.word = w.word);
    return null;
end
$$;
-- +goose StatementEnd

create trigger words_added after insert on perigee.record
    referencing new table as added for each statement execute function perigee.note_words();
create trigger words_changed after update on perigee.record
    referencing new table as added for each statement execute function perigee.note_words();

insert into perigee.word (word) select distinct unnest(tsvector_to_array(words)) from perigee.record;

drop index perigee.record_text;

-- Little is left for questions to read by themselves.
alter index perigee.record_words set (gin_pending_list_limit = 1024);
alter index perigee.word_parts set (gin_pending_list_limit = 1024);

-- +goose Down
alter index perigee.record_words reset (gin_pending_list_limit);
create index record_text on perigee.record using gin (text gin_trgm_ops);
drop trigger words_changed on perigee.record;
drop trigger words_added on perigee.record;
drop function perigee.note_words();
drop table perigee.word;
