package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const benchRecords = 10_000

// spread is the document of an item somewhere on the globe, some day of some years.
func spread(n int) string {
	lon, lat := float64(n*37%340)-170, float64(n*17%160)-80
	return fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","id":"scene-%05d","collection":"C%d","geometry":{"type":"Polygon","coordinates":[[[%[3]g,%[4]g],[%[5]g,%[4]g],[%[5]g,%[6]g],[%[3]g,%[6]g],[%[3]g,%[4]g]]]},`+
		`"bbox":[%[3]g,%[4]g,%[5]g,%[6]g],"properties":{"datetime":"20%02[7]d-%02[8]d-%02[9]dT10:00:00Z","title":"Scene %[1]d","description":"a scene of %[10]s number %[1]d","eo:cloud_cover":%[11]d,"platform":"p%[12]d","gsd":10,"proj:epsg":32633,"instruments":["msi"],"constellation":"s2"},`+
		`"links":[{"rel":"license","href":"https://l.example/l"}],"assets":{"B02":{"href":"./b02.tif","type":"image/tiff","roles":["data"]},"B03":{"href":"./b03.tif","type":"image/tiff","roles":["data"]},"B04":{"href":"./b04.tif","type":"image/tiff","roles":["data"]},"thumb":{"href":"./t.png","type":"image/png","roles":["thumbnail"]}}}`,
		n, n%7, lon, lat, lon+1, lat+1, 10+n%14, 1+n%12, 1+n%28, []string{"fields", "water", "forest", "ice"}[n%4], n%101, n%3)
}

// processorTime is what this process, clients and all, took of the processors so far: on a busy machine it says more than
// the clock does.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkRecords asks the function with 10 000 records, four clients at a time, as pycsw was asked.
func BenchmarkRecords(b *testing.B) {
	s := service{store: cataloguetest.Open(b)}
	for n := 0; n < benchRecords; n += 500 {
		var batch []record.Record
		for i := range 500 {
			batch = append(batch, item(b, spread(n+i)))
		}
		s.apply(b, scope.System, batch...)
	}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		b.Fatal(err)
	}
	api, err := newAPI(config{Title: "Bench", Register: nobody}, s.store)
	if err != nil {
		b.Fatal(err)
	}
	s.Server = httptest.NewServer(edge.Wrap(api))
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	for name, query := range map[string]func() string{
		"items":     func() string { return items + "?limit=10" },
		"items-100": func() string { return items + "?limit=100" },
		"bbox": func() string {
			lon, lat := rand.IntN(330)-170, rand.IntN(150)-80
			return fmt.Sprintf("%s?bbox=%d,%d,%d,%d", items, lon, lat, lon+10, lat+10)
		},
		"q": func() string { return fmt.Sprintf("%s?q=%d,forest", items, rand.IntN(benchRecords)) },
		"cql": func() string {
			return fmt.Sprintf("%s?filter=eo:cloud_cover<%d+AND+title+LIKE+'Scene+%d%%25'", items, 1+rand.IntN(100), rand.IntN(100))
		},
		"facets": func() string { return items + "?facets=collection,platform&limit=0&q=water" },
		"item": func() string {
			n := rand.IntN(benchRecords)
			return fmt.Sprintf("/records/collections/C%d/items/scene-%05d", n%7, n)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(2)
			b.ReportAllocs()
			began := processorTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, err := client.Get(s.URL + query())
					if err != nil {
						b.Error(err)
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != 200 {
						b.Errorf("%s: %d %v", query(), r.StatusCode, err)
					}
					r.Body.Close()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
			b.ReportMetric(float64((processorTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}
