-- Who writes records knows their words, and which of them it wrote before: it has the others noted by itself, once a batch, and says so,
-- so that the words of all rows need not be taken apart again. Programs that do not say so have it done as before.

-- +goose Up

-- +goose StatementBegin
create function perigee.note_words(words text[]) returns void language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
begin
    insert into perigee.word (word)
        select w.word from unnest(words) w(word) where not exists (select from perigee.word known where known.word = w.word);
    perform set_config('perigee.words_noted', 'yes', true);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function perigee.note_words() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    if current_setting('perigee.words_noted', true) = 'yes' then
        return null;
    end if;
    insert into perigee.word (word)
        select w.word from (select distinct unnest(tsvector_to_array(words)) as word from added) w
        where not exists (select from perigee.word known where known.word = w.word);
    return null;
end
$$;
-- +goose StatementEnd

-- A faster compression of what else is long, where the server has it.
-- +goose StatementBegin
do $$
begin
    alter table perigee.record alter column abstract set compression lz4, alter column title set compression lz4,
        alter column keywords set compression lz4, alter column links set compression lz4;
    alter table perigee.outbox alter column data set compression lz4;
exception when others then
    raise notice 'records are compressed by the default method: %', sqlerrm;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function perigee.note_words() returns trigger language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    insert into perigee.word (word)
        select w.word from (select distinct unnest(tsvector_to_array(words)) as word from added) w
        where not exists (select from perigee.word known where known.word = w.word);
    return null;
end
$$;
-- +goose StatementEnd
drop function perigee.note_words(text[]);
