package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/local-runner/postgres"
	"perigee/manifests"
	"perigee/shared/bucket"
	"perigee/test/gate"
)

// TestStoresAway takes the database away for a while, then the object store, while items go on being stored. Readers are
// told to come back; afterwards everything goes on by itself, and nothing was lost.
func TestStoresAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	database := newDatabase(t, filepath.Join(h.dir, "database"))
	objects := gate.New(t, "127.0.0.1:0")
	h.write("local", manifests.Local(), map[string]string{"${DATABASE_URL}": database.url(), "${AWS_ENDPOINT_URL}": "http://" + objects.Address()})
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	endpoint, err := url.Parse(h.endpoint())
	if err != nil {
		t.Fatal(err)
	}
	objects.Lead(endpoint.Host)
	scene := h.scene()
	readers := map[string]string{
		"STAC":  "/stac/search?ids=" + scene.id,
		"items": "/stac/collections/" + scene.collection + "/items/" + scene.id,
		"CSW":   "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=brief&id=" + scene.id,
		"map":   "/ows?service=WMS&version=1.3.0&request=GetMap&layers=S2L2A&styles=&crs=CRS:84&width=64&height=64&format=image/png&bbox=" + scene.bbox,
	}
	h.eventually("all can be read", func() error { return h.answers(readers, http.StatusOK) })

	database.stop()
	h.storeOne(0)
	h.forget("csw") // which starts anew, and cannot be ready
	h.eventually("readers are told that the database is away", func() error { return h.answers(readers, http.StatusServiceUnavailable) })
	h.storeOne(1)
	time.Sleep(*away) // the time it is away is the question
	database.start()
	h.eventually("all can be read again", func() error { return h.answers(readers, http.StatusOK) })
	h.eventually("what came meanwhile is registered", func() error { return h.complete(2) })

	objects.Shut()
	h.storeOne(2)
	h.forget("render") // what it has read is answered all the same
	h.eventually("readers are told that the object store is away", func() error {
		return h.answers(map[string]string{"map": readers["map"]}, http.StatusServiceUnavailable)
	})
	h.eventually("others can read", func() error {
		return h.answers(map[string]string{"STAC": readers["STAC"], "CSW": readers["CSW"]}, http.StatusOK)
	})
	time.Sleep(*away)
	objects.Open()
	h.eventually("all can be read again", func() error { return h.answers(readers, http.StatusOK) })
	h.eventually("what came meanwhile is registered", func() error { return h.complete(3) })
	h.eventually("nothing is left to do", h.quiet)
}

func (h *house) endpoint() string {
	out, err := exec.Command(filepath.Join(h.bin, "local-runner"), "env", "--state", h.state()).Output()
	if err != nil {
		h.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "AWS_ENDPOINT_URL='")
	found, _, _ := strings.Cut(rest, "'")
	return found
}

// storeOne stores an item, as chaos numbers them.
func (h *house) storeOne(i int) {
	h.t.Helper()
	if err := h.put("chaos/"+name(i)+".json", item("CHAOS", name(i), lastTitle(i))); err != nil {
		h.t.Fatal(err)
	}
}

// answers complains of readers who are not answered with the status; 503 has to say when to come back.
func (h *house) answers(readers map[string]string, want int) error {
	var wrong []error
	for who, path := range readers {
		status, body, header := h.get(path)
		if status != want {
			wrong = append(wrong, fmt.Errorf("%s is answered %d %.300s", who, status, body))
		}
		if after, err := strconv.Atoi(header.Get("Retry-After")); status == http.StatusServiceUnavailable && (err != nil || after < 1) {
			wrong = append(wrong, fmt.Errorf("%s is answered 503 with Retry-After %q", who, header.Get("Retry-After")))
		}
	}
	return errors.Join(wrong...)
}

// product is a scene that can be looked at.
type product struct{ id, collection, bbox string }

// scene makes a scene, stores it and waits until it is registered.
func (h *house) scene() product {
	h.t.Helper()
	dir := filepath.Join(h.dir, "scene")
	if said, err := exec.Command(filepath.Join(h.bin, "scenes"), "-dir", dir, "-n", "1", "-dates", "1", "-size", "256", "-seed", "1").CombinedOutput(); err != nil {
		h.t.Fatalf("%v: %s", err, said)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		h.t.Fatalf("no scene: %v", err)
	}
	for _, file := range append(files, filepath.Join(dir, "collection.json")) {
		text, err := os.ReadFile(file)
		if err != nil {
			h.t.Fatal(err)
		}
		key, _ := filepath.Rel(dir, file)
		if _, err := h.store().Put(context.Background(), "ingest", key, text, bucket.PutOptions{}); err != nil {
			h.t.Fatal(err)
		}
	}
	var found product
	h.eventually("the scene is registered", func() error {
		var page struct {
			Features []struct {
				ID, Collection string
				BBox           [4]float64
			}
		}
		if err := h.getJSON("/stac/search?collections=S2MSI2A", &page); err != nil || len(page.Features) != 1 {
			return fmt.Errorf("%d scenes: %v", len(page.Features), err)
		}
		f := page.Features[0]
		found = product{f.ID, f.Collection, fmt.Sprintf("%v,%v,%v,%v", f.BBox[0], f.BBox[1], f.BBox[2], f.BBox[3])}
		return nil
	})
	return found
}

// database is a PostgreSQL server of the test's own, which can be stopped and started again. It stands behind a gate, because
// meanwhile somebody else may have got the port that it had.
type database struct {
	t      *testing.T
	config postgres.Config
	server *postgres.Server
	gate   *gate.Gate
}

func newDatabase(t *testing.T, dir string) *database {
	t.Helper()
	d := &database{t: t, config: postgres.Config{Dir: dir}, gate: gate.New(t, "127.0.0.1:0")}
	d.start()
	t.Cleanup(d.stop)
	return d
}

func (d *database) start() {
	d.t.Helper()
	var err error
	if d.server, err = postgres.Start(context.Background(), d.config); err != nil {
		d.t.Fatal(err)
	}
	d.gate.Lead(d.at().Host)
	d.gate.Open()
}

func (d *database) stop() {
	if d.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := d.server.Stop(ctx); err != nil {
		d.t.Error(err)
	}
	d.gate.Shut()
	d.server = nil
}

// at is where the server itself is.
func (d *database) at() *url.URL {
	d.t.Helper()
	at, err := url.Parse(d.server.URL())
	if err != nil {
		d.t.Fatal(err)
	}
	return at
}

// url is where the database is found, whether it is there or not.
func (d *database) url() string {
	at := d.at()
	at.Host = d.gate.Address()
	return at.String()
}
