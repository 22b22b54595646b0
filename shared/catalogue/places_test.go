package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
)

// someFootprint is one of any size at any place; some are cut at the date line.
func someFootprint(random *rand.Rand) orb.Geometry {
	size := []float64{0, 0.5, 3, 5.625, 8, 20, 60, 170}[random.IntN(8)]
	w, h := size*random.Float64(), min(size, 80)*random.Float64()
	west, south := random.Float64()*360-180, random.Float64()*(180-h)-90
	if size == 0 {
		return orb.Point{west, south}
	}
	if west+w <= 180 {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + w, south + h}}.ToPolygon()
	}
	return orb.MultiPolygon{
		orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{180, south + h}}.ToPolygon(),
		orb.Bound{Min: orb.Point{-180, south}, Max: orb.Point{west + w - 360, south + h}}.ToPolygon(),
	}
}

// Whatever touches a box is found by the places that may touch it, newest first, over all pages, as it is found without them.
func TestPlacesHoldWhatTouches(t *testing.T) {
	s, conn := opened(t)
	random := rand.New(rand.NewPCG(5, 6))
	var changes []record.Change
	for i := range 900 {
		c := item([]string{"a", "b", "c"}[i%3], fmt.Sprint(i), noon.Add(-time.Duration(random.IntN(90*24))*time.Hour))
		c.Record.Footprint = someFootprint(random)
		if i%10 == 0 { // it lasts
			c.Record.Time.End = c.Record.Time.Start.AddDate(0, 0, 1+random.IntN(60))
		}
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	for range 20 {
		everyWay(t, conn, random)
	}
	for range 60 {
		q := catalogue.Query{Geometry: someFootprint(random), Limit: []int{3, 50, 400}[random.IntN(3)]}
		if random.IntN(2) == 0 {
			q.Collections = []string{"a", "c"}
		}
		if random.IntN(2) == 0 {
			q.Time.Start = noon.AddDate(0, 0, -random.IntN(90))
			q.Time.End = q.Time.Start.AddDate(0, 0, random.IntN(40))
		}
		found := allPages(t, s, q)
		q.Sort, q.Limit = []catalogue.Sort{{Property: "datetime", Desc: true}, {Property: "collection"}}, catalogue.MaxLimit // planned otherwise
		if want := keys(search(t, s, writer(""), q).Records); !slices.Equal(found, want) {
			t.Fatalf("%+v\nfound    %q\nthere is %q", q, found, want)
		}
	}
	uncounted := lines(t, conn, `select place, month from (select place, month, n from perigee.tally where place <> -3 union all
		select case when lasts then -2 else coalesce(place, -1) end, perigee.month(datetime), -1 from perigee.record) both_ group by 1, 2 having sum(n) <> 0`)
	if len(uncounted) > 0 {
		t.Errorf("tallies differ at %q", uncounted)
	}
}

func allPages(t *testing.T, s *catalogue.Store, q catalogue.Query) []string {
	t.Helper()
	var found []string
	for {
		page := search(t, s, writer(""), q)
		found = append(found, keys(page.Records)...)
		if q.After = page.Next; q.After == "" {
			return found
		}
	}
}

// The tallies are what a count would say, whatever came, changed and went, before and after they are added up.
func TestTalliesAreExact(t *testing.T) {
	s, conn := opened(t)
	random := rand.New(rand.NewPCG(7, 8))
	for round := range 6 {
		var changes []record.Change
		for range 60 {
			c := item([]string{"a", "b"}[random.IntN(2)], fmt.Sprint(random.IntN(80)), noon)
			c.Source = record.Source{Time: noon.Add(time.Duration(round) * time.Hour)}
			c.Record.Time.Start = noon.AddDate(0, -random.IntN(5), 0)
			c.Record.Time.End = c.Record.Time.Start.AddDate(0, 0, random.IntN(3))
			c.Record.Footprint = someFootprint(random)
			c.Delete = random.IntN(4) == 0
			changes = append(changes, c)
		}
		apply(t, s, writer([]string{"", "w"}[round%2]), changes...)
		if round%3 == 2 {
			lines(t, conn, "select perigee.merge_tally(), 1 from generate_series(1, 200)")
		}
		differ := lines(t, conn, `select workspace, type, collection, place, month, sum(n) from (
				select workspace, type, collection, place, month, n from perigee.tally
				union all select workspace, type, collection, coalesce(place, -3), coalesce(month, -1), n from (
					select workspace, type, collection, case when lasts then -2 else coalesce(place, -1) end as place, perigee.month(datetime) as month, -count(*) as n
					from perigee.record group by grouping sets ((1, 2, 3, 4, 5), (1, 2, 3, 5), (1, 2, 3))) r) t
			group by 1, 2, 3, 4, 5 having sum(n) <> 0`)
		if len(differ) > 0 {
			t.Fatalf("round %d: %q", round, differ)
		}
		counted := search(t, s, writer(""), catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{"a"}, Count: true, Limit: -1})
		whole := search(t, s, writer(""), catalogue.Query{Types: []string{record.TypeItem}, Collections: []string{"a"}, Limit: catalogue.MaxLimit})
		if *counted.Matched != len(whole.Records) || counted.Estimated {
			t.Errorf("%d were counted, there are %d", *counted.Matched, len(whole.Records))
		}
	}
}

// What is more than is to be counted is estimated, and said to be so.
func TestCountsUpTo(t *testing.T) {
	s, conn := opened(t)
	var changes []record.Change
	for i := range 200 {
		changes = append(changes, item("S2", fmt.Sprint(i), noon.AddDate(0, 0, i)))
	}
	applied(t, s, writer(""), changes...)
	lines(t, conn, "select 1, 2")
	if _, err := conn.Exec(t.Context(), "analyze perigee.record"); err != nil {
		t.Fatal(err)
	}
	q := catalogue.Query{Geometry: box(0, 0, 90, 90), Count: true, Limit: -1, CountUpTo: 200}
	if page := search(t, s, writer(""), q); *page.Matched != 200 || page.Estimated {
		t.Errorf("%d, estimated %v", *page.Matched, page.Estimated)
	}
	q.CountUpTo = 50
	if page := search(t, s, writer(""), q); *page.Matched < 51 || !page.Estimated {
		t.Errorf("%d, estimated %v", *page.Matched, page.Estimated)
	}
	for _, part := range [][2]int{{100, 0}, {200, 0}, {201, 0}, {100, 150}, {100, 200}, {100, 300}} { // of which some end with the last of all
		q.Limit, q.Offset, q.CountUpTo = part[0], part[1], 0
		if page := search(t, s, writer(""), q); *page.Matched != 200 || page.Estimated {
			t.Errorf("%d, estimated %v, behind %d of %d", *page.Matched, page.Estimated, q.Offset, q.Limit)
		}
	}
}

// everyWay asks for the newest of a box by the index of footprints, by slices of time and among the newest of all: the same
// records are found.
func everyWay(t *testing.T, conn *pgx.Conn, random *rand.Rand) {
	t.Helper()
	west, south := random.Float64()*300-180, random.Float64()*140-90
	box := orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + random.Float64()*60, south + random.Float64()*40}}
	var found [3][]int64
	for i, bounds := range [][2]int{{1_000_000, 0}, {0, 0}, {0, 100}} {
		rows, err := conn.Query(t.Context(), `select pk from (
			select a.* from (select ST_MakeEnvelope($1, $2, $3, $4, 4326) box) b,
				perigee.around('', null, null, b.box, array[b.box], $5::integer[], null, null, null, null, null, null, 40, $6, $7) a) a
			order by datetime desc, collection, id limit 40`,
			box.Min[0], box.Min[1], box.Max[0], box.Max[1], catalogue.PlacesOf(box), bounds[0], bounds[1])
		if err == nil {
			found[i], err = pgx.CollectRows(rows, pgx.RowTo[int64])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(found[0], found[1]) || !slices.Equal(found[0], found[2]) {
		t.Errorf("in %v\nby the index      %v\nby places         %v\namong the newest  %v", box, found[0], found[1], found[2])
	}
}

// Who adds up tallies waits for nobody who does so, and nothing is counted twice.
func TestTalliesAreAddedUpByOneAtATime(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for i := range 20 {
		applied(t, s, writer(""), item("a", fmt.Sprint(i), noon))
	}
	first, second := connect(t, url), connect(t, url)
	merge := "select coalesce(sum(perigee.merge_tally()), 0), 1 from generate_series(1, 500)"
	execute(t, first, "begin")
	lines(t, first, merge)
	execute(t, second, "set lock_timeout = 1") // a wait is an error
	if got := lines(t, second, merge); !slices.Equal(got, []string{"(0,1)"}) {
		t.Errorf("the second merged too: %q", got)
	}
	execute(t, first, "commit")
	if got := lines(t, second, "select sum(n), count(*) from perigee.tally where place = -3 and month = -1"); !slices.Equal(got, []string{"(20,1)"}) {
		t.Error(got)
	}
}

func execute(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
