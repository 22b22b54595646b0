package tilecachetest

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/tilecache"
)

// Keeps holds a store to what the cache and the seeder rely on. The store is empty at first.
func Keeps(t *testing.T, store tilecache.Keeper) {
	t.Helper()
	k := keeping{store}
	t.Run("a tile comes back as it was kept", k.roundTrip)
	t.Run("what is not there is not found", k.missing)
	t.Run("a tile is replaced as a whole", k.replaced)
	t.Run("keys of any spelling", k.keys)
	t.Run("deleting", k.delete)
}

type keeping struct{ store tilecache.Keeper }

func (k keeping) put(t *testing.T, key string, body []byte, metadata map[string]string) {
	t.Helper()
	if err := k.store.Put(t.Context(), key, tilecache.Object{Body: body, MediaType: tilecache.PNG, Metadata: metadata}); err != nil {
		t.Fatalf("%q: %v", key, err)
	}
}

func (k keeping) get(t *testing.T, key string) tilecache.Object {
	t.Helper()
	o, err := k.store.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("%q: %v", key, err)
	}
	return o
}

func (k keeping) roundTrip(t *testing.T) {
	metadata := map[string]string{"perigee-revision": "7.1", "perigee-made": "a1b2", "perigee-etag": "c3"}
	for _, body := range [][]byte{[]byte("\x89PNG\r\n\x1a\n\n\n: x\n\npixels"), nil, bytes.Repeat([]byte("x"), 1<<20)} {
		k.put(t, "_/L/default/WGS84/default/1/2/1.png", body, metadata)
		o := k.get(t, "_/L/default/WGS84/default/1/2/1.png")
		if !bytes.Equal(o.Body, body) || o.MediaType != tilecache.PNG || !maps.Equal(o.Metadata, metadata) {
			t.Errorf("%d bytes came back as %d of %s with %v", len(body), len(o.Body), o.MediaType, o.Metadata)
		}
		if age := time.Since(o.Modified); age < -time.Minute || age > time.Minute {
			t.Errorf("modified %v", o.Modified)
		}
		head, err := k.store.Head(t.Context(), "_/L/default/WGS84/default/1/2/1.png")
		if err != nil || len(head.Body) != 0 || !maps.Equal(head.Metadata, metadata) || head.Modified.IsZero() {
			t.Errorf("its head is %+v, %v", head, err)
		}
	}
}

func (k keeping) missing(t *testing.T) {
	k.put(t, "_/M/default/WGS84/default/1/2/1.png", []byte("x"), nil)
	for _, key := range []string{"_/N/default/WGS84/default/1/2/1.png", "_/M/default/WGS84/default/1/2", "_/M/default/WGS84/default/1/2/1.png/3.png", "_/M"} {
		if _, err := k.store.Get(t.Context(), key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: Get gives %v", key, err)
		}
		if _, err := k.store.Head(t.Context(), key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: Head gives %v", key, err)
		}
	}
}

// replaced reads while others write: what is read was written by one of them.
func (k keeping) replaced(t *testing.T) {
	const key = "_/L/default/WGS84/default/3/4/5.png"
	tile := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 1000+i*5000) }
	k.put(t, key, tile(0), map[string]string{"by": "0"})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for range 10 {
				o := tilecache.Object{Body: tile(i), MediaType: tilecache.PNG, Metadata: map[string]string{"by": fmt.Sprint(i)}}
				if err := k.store.Put(t.Context(), key, o); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 40 {
		o := k.get(t, key)
		if i := int(o.Body[0] - 'a'); o.Metadata["by"] != fmt.Sprint(i) || !bytes.Equal(o.Body, tile(i)) {
			t.Fatalf("%d bytes of %c by %s", len(o.Body), o.Body[0], o.Metadata["by"])
		}
	}
	writers.Wait()
}

func (k keeping) keys(t *testing.T) {
	long := "~" + strings.Repeat("0123456789abcdef", 4)
	for i, key := range []string{
		"%5F/a%2Fb/default/WGS84/2024-05-06T00:00:00Z--../7/130/40.mixed", "w/%2E./" + long + "/g/default/0/0/0.jpg", "_/S2L2A__NDVI/_/g/default/0/0/0.png",
	} {
		k.put(t, key, []byte{byte(i)}, nil)
		if o := k.get(t, key); len(o.Body) != 1 || o.Body[0] != byte(i) {
			t.Errorf("%q holds %v", key, o.Body)
		}
	}
}

func (k keeping) delete(t *testing.T) {
	keys := []string{"_/D/default/WGS84/default/0/0/0.png", "_/D/default/WGS84/default/0/0/0.jpg", "_/D/default/WGS84/default/0/1/0.png"}
	k.put(t, keys[0], []byte("x"), nil)
	k.put(t, keys[2], []byte("y"), nil)
	if err := k.store.Delete(t.Context(), keys[:2]); err != nil {
		t.Fatal(err)
	}
	if _, err := k.store.Get(t.Context(), keys[0]); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what was deleted gives %v", err)
	}
	k.get(t, keys[2])
}
