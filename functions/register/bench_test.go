package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/product"
	"perigee/shared/transaction"
)

// BenchmarkTransactions has batches of new items written, as a POST of an item collection does. Their files lie elsewhere:
// nobody has to be asked about them.
func BenchmarkTransactions(b *testing.B) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	for _, size := range []int{1, 100, 500, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := &world{store: cataloguetest.Open(b), broker: http.StatusAccepted}
			sink, err := eventing.NewSink(serving(b, w.receive), "")
			if err != nil {
				b.Fatal(err)
			}
			w.r = &registrar{products: product.NewWorkspaces(product.Config{}), store: w.store, sink: sink, replace: true}
			w.r.behind.send = w.r.flush
			b.Cleanup(w.r.behind.finish)
			w.url = serving(b, w.r.handler(edge).ServeHTTP)
			if _, err := w.transacted("", ofCollection(transaction.Create, "", described("S2", ""))); err != nil {
				b.Fatal(err)
			}
			n, spent, took := 0, time.Duration(0), time.Duration(0)
			for b.Loop() {
				b.StopTimer()
				changes := make([]transaction.Change, size)
				for i := range changes {
					changes[i] = change(transaction.Create, "S2", "", scene(n))
					n++
				}
				b.StartTimer()
				cpu, began := processorTime(b), time.Now()
				results, err := w.transacted("", changes...)
				spent, took = spent+processorTime(b)-cpu, took+time.Since(began)
				if err != nil || results[size-1].Err != nil {
					b.Fatal(err, results)
				}
			}
			b.ReportMetric(float64(n)/took.Seconds(), "items/s")
			b.ReportMetric(float64(spent.Microseconds())/float64(n), "cpu-µs/item")
		})
	}
}

// processorTime is what this process has had of it.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// scene is an item as large as that of a Sentinel-2 product.
func scene(n int) string {
	at := time.Date(2020, 1, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * 23 * time.Minute)
	west, south := float64(n*37%3500)/10-179, float64(n*53%1500)/10-75
	var assets []string
	for i := range 16 {
		assets = append(assets, fmt.Sprintf(`"B%02d": {"href": "https://files.example/%d/B%02d.tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized", "title": "Band %d",
			"roles": ["data", "reflectance"], "gsd": 10, "eo:bands": [{"name": "B%02d", "common_name": "red", "center_wavelength": 0.665, "full_width_half_max": 0.038}]}`, i, n, i, i, i))
	}
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": "S2A_%08d", "collection": "S2",
		"geometry": {"type": "Polygon", "coordinates": [[[%[2]g, %[3]g], [%[4]g, %[3]g], [%[4]g, %[5]g], [%[2]g, %[5]g], [%[2]g, %[3]g]]]}, "bbox": [%[2]g, %[3]g, %[4]g, %[5]g],
		"properties": {"datetime": %[6]q, "platform": "sentinel-2a", "constellation": "sentinel-2", "instruments": ["msi"], "eo:cloud_cover": %[7]d, "gsd": 10, "mgrs:utm_zone": 33,
			"view:sun_azimuth": 160.1, "view:sun_elevation": 40.2, "s2:processing_baseline": "05.00", "sat:relative_orbit": %[8]d, "proj:epsg": 32633},
		"links": [{"rel": "license", "href": "https://files.example/licence"}], "assets": {%[9]s}}`,
		n, west, south, west+1, south+1, at.Format(time.RFC3339), n%100, n%143, strings.Join(assets, ", "))
}

func serving(b *testing.B, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return s.URL
}
