package catalogue_test

import (
	"slices"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
)

const (
	wordsNoted  = "select word from perigee.word order by word"
	wordsOfAll  = "select distinct unnest(tsvector_to_array(words)) collate \"C\" from perigee.record order by 1"
	wordsTwice  = "select word from perigee.word group by word having count(*) > 1"
	writtenElse = `insert into perigee.record (workspace, collection, id, type, title, abstract, keywords, product_type, layers, drawable, standalone,
		properties, links, text, words, version, created, modified, source_href, source_time)
		values ('', 'c', 'else', 'dataset', '', '', '{}', '', '{}', false, false, '{}', '[]', 'else unheard', 'else unheard'::tsvector, 'v', now(), now(), '', now())`
)

// The lexicon has each word of the records, whoever wrote them: this program, which remembers what it wrote, another process of it,
// or one that leaves it to the database.
func TestEachWordIsNoted(t *testing.T) {
	url := cataloguetest.URL(t)
	conn := connect(t, url)
	open := func() *catalogue.Store {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	check := func(when string) {
		t.Helper()
		if noted, all := lines(t, conn, wordsNoted), lines(t, conn, wordsOfAll); len(all) == 0 || !slices.Equal(noted, all) {
			t.Errorf("%s: %q are noted of %q", when, noted, all)
		}
		if twice := lines(t, conn, wordsTwice); len(twice) > 0 {
			t.Errorf("%s: noted twice: %q", when, twice)
		}
	}
	one, other := open(), open()
	for i, write := range []struct {
		by    *catalogue.Store
		title string
	}{
		{one, "Glacier's müsli 9e2fb1ae-3168"}, {one, "glacier again 9e2fb1ae-3168"}, {other, "glacier elsewhere"}, {one, "elsewhere or new"}, {one, "_%\\ ' \" : *&|"},
	} {
		rec := record.Record{Key: record.Key{Collection: "c", ID: string(rune('a' + i))}, Type: "dataset", Title: write.title}
		applied, err := write.by.Apply(t.Context(), writer(""), []record.Change{{Record: rec}})
		if err != nil || applied[0].Err != nil {
			t.Fatal(err, applied[0].Err)
		}
		check(write.title)
	}
	if _, err := conn.Exec(t.Context(), writtenElse); err != nil {
		t.Fatal(err)
	}
	check("written by another program")
}
