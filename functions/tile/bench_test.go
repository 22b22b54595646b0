package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/tilecache"
)

// BenchmarkTile measures a kept tile of 40 KB through the whole function: from memory, and from the bucket.
func BenchmarkTile(b *testing.B) {
	for name, memory := range map[string]int64{"memory": 64 << 20, "bucket": -1} {
		b.Run(name, func(b *testing.B) {
			c := config{Config: identity.Config{Auth: "none"}, Products: productsYAML, Render: "http://127.0.0.1:1", Memory: memory}
			store := cataloguetest.Open(b)
			objects, bucket := buckettest.Open(b)
			c.Bucket = bucket
			tiles, err := newTiles(c, store, objects)
			if err != nil {
				b.Fatal(err)
			}
			edge, err := identity.New(c.Config)
			if err != nil {
				b.Fatal(err)
			}
			put(b, tiles, kept{objects, bucket})
			handler := edge.Wrap(tiles.handler(c))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					w := answered{header: http.Header{}}
					if handler.ServeHTTP(&w, httptest.NewRequest(http.MethodGet, there, nil)); w.bytes != 40<<10 {
						b.Fatalf("%d bytes, %v", w.bytes, w.header)
					}
				}
			})
		})
	}
}

// answered counts what is written.
type answered struct {
	header http.Header
	bytes  int
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) WriteHeader(int)             {}
func (a *answered) Write(p []byte) (int, error) { a.bytes += len(p); return len(p), nil }

// put keeps the tile that is asked for, as it is kept while nothing was registered yet.
func put(b *testing.B, t *tiles, objects tilecache.Objects) {
	b.Helper()
	key := "_/S2L2A/natural/GoogleMapsCompatible/default/8/138/90.png"
	o := tilecache.Object{
		Body: bytes.Repeat([]byte("pixels.."), 5<<10), MediaType: "image/png",
		Metadata: map[string]string{"perigee-revision": "0", "perigee-made": t.made},
	}
	if err := objects.Put(b.Context(), key, o); err != nil {
		b.Fatal(err)
	}
}
