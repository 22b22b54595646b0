package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wmts"
)

const productsYAML = `
layers:
  - id: S2L2A
    title: Sentinel-2
    style: natural
    grids:
      - name: WGS84
        zoom: 13
      - name: GoogleMapsCompatible
        zoom: 14
collections:
  S2L2A:
    product_types: [S2MSI2A]
productTypes:
  - name: S2MSI2A
    filter:
      s2:product_type: S2MSI2A
    collections: [S2L2A]
    coverages:
      S2L2A_B04:
        assets: [B04]
      S2L2A_B08:
        assets: [B08]
    defaultBrowse: TRUE_COLOR
    browses:
      TRUE_COLOR:
        asset: visual
      NDVI:
        grey:
          expression: (B08-B04)/(B08+B04)
          range: [-1, 1]
`

func products(t *testing.T) product.Config {
	t.Helper()
	config, err := product.Load("test.yaml", []byte(productsYAML))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// world is a catalogue of extents in memory.
type world struct {
	mu    sync.Mutex
	found []record.Extent
	err   error
	delay time.Duration
	asked int

	overlays map[string]catalogue.Overlay
}

func (w *world) ExtentsAndOverlay(ctx context.Context, sc scope.Scope, known int64) ([]record.Extent, catalogue.Overlay, error) {
	o := w.overlays[sc.Workspace]
	if o.Revision == known {
		o.Text = nil
	}
	select {
	case <-time.After(w.delay):
	case <-ctx.Done():
		return nil, o, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.err != nil {
		return nil, o, w.err
	}
	var found []record.Extent
	for _, e := range w.found {
		if sc.Workspace == scope.System {
			found = append(found, e)
		}
	}
	return found, o, nil
}

func (w *world) set(err error, found ...record.Extent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err, w.found = err, found
}

var system = scope.New(scope.System, "")

func names(nodes []product.Node) string {
	text := ""
	for _, n := range wmts.Flatten(nodes) {
		text += n.Name + " "
	}
	return text
}

func item(id string) record.Extent {
	return record.Extent{ID: id, Title: id, Bounds: orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{2, 2}}, Count: 1}
}

func TestListIsAtMostASecondOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		l := newLayers(w, products(t))
		show := func() string {
			nodes, err := l.list(t.Context(), system)
			if err != nil {
				t.Fatal(err)
			}
			return names(nodes)
		}
		configured := show()
		w.set(nil, item("mine"))
		if got := show(); got != configured || w.asked != 1 {
			t.Errorf("within the second: %q, asked %d times", got, w.asked)
		}
		time.Sleep(listAge)
		if got := show(); got != configured+"mine " {
			t.Errorf("after a second: %q", got)
		}
		if other, err := l.list(t.Context(), scope.New("w", "")); err != nil || names(other) != configured {
			t.Errorf("another workspace lists %q, %v", names(other), err)
		}
		w.set(fault.New(fault.Unavailable, "down"))
		time.Sleep(listAge)
		if got := show(); got != configured+"mine " {
			t.Errorf("while the catalogue is down: %q", got)
		}
		if _, err := l.list(t.Context(), scope.New("x", "")); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a workspace never seen, while the catalogue is down, gives %v", err)
		}
	})
}

func TestListIsReadOnceHoweverManyAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{delay: 300 * time.Millisecond}
		l := newLayers(w, products(t))
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := l.list(ctx, system); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left got %v", err)
			}
		})
		synctest.Wait()
		for range 50 {
			all.Go(func() {
				if _, err := l.list(t.Context(), system); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		if w.asked != 1 {
			t.Errorf("the catalogue was asked %d times", w.asked)
		}
	})
}

func TestFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{err: fault.New(fault.Unavailable, "down")}
		l := newLayers(w, products(t))
		for _, configured := range []string{"S2L2A", "S2L2A__NDVI"} {
			if node, err := l.find(t.Context(), system, configured, record.Interval{}, 0); err != nil || node.Base != "S2L2A" || node.Name != configured || w.asked != 0 {
				t.Errorf("%s is %+v, %v after %d questions", configured, node, err, w.asked)
			}
		}
		if _, err := l.find(t.Context(), system, "mine", record.Interval{}, 0); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("an unknown layer, while the catalogue is down, gives %v", err)
		}
		w.set(nil, item("mine"), item("my__own"))
		time.Sleep(listAge)
		for name, base := range map[string]string{"mine": "mine", "mine__NDVI": "mine", "my__own": "my__own", "my__own__RED": "my__own"} {
			if node, err := l.find(t.Context(), system, name, record.Interval{}, 0); err != nil || node.Base != base || node.Name != name || len(node.Grids) == 0 {
				t.Errorf("%s is %+v, %v", name, node, err)
			}
		}
		asked := w.asked
		for _, name := range []string{"nothing", "S2L2A__nothing", "S2L2A__", "my"} {
			if name == "S2L2A__" {
				continue
			}
			if _, err := l.find(t.Context(), system, name, record.Interval{}, 0); fault.KindOf(err) != fault.NotFound || fault.LocatorOf(err) != "layer" {
				t.Errorf("%s gives %v", name, err)
			}
		}
		if w.asked > asked+1 {
			t.Errorf("unknown names asked the catalogue %d times within a second", w.asked-asked)
		}
	})
}

func TestListsAreBounded(t *testing.T) {
	l := newLayers(&world{}, products(t))
	for i := range maxLists + 50 {
		if _, err := l.list(t.Context(), scope.New(fmt.Sprintf("w%d", i), "")); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.lists) > maxLists {
		t.Errorf("%d lists are kept", len(l.lists))
	}
}

func TestKeeps(t *testing.T) {
	grids := []product.LayerGrid{{Name: "WGS84", Zoom: 13}}
	for z, want := range map[int]bool{0: true, 13: true, 14: false} {
		if got := keeps(product.Node{Grids: grids}, wmts.Tile{Set: grid.WGS84, At: grid.Tile{Z: z}}); got != want {
			t.Errorf("level %d is kept: %v", z, got)
		}
	}
	if keeps(product.Node{Grids: grids}, wmts.Tile{Set: grid.GoogleMapsCompatible}) {
		t.Error("a set that is not configured is kept")
	}
	layer := product.Node{Grids: grids, Time: record.Interval{Start: spring, End: spring.AddDate(0, 1, 0)}}
	for at, want := range map[string]bool{
		"2024-05-06": true, "2024-05": true, "2024": true, "2024-05-05": false, "2023": false, "2024-05-06T10:00:00Z": false,
		"2024-05-06/2024-05-07": false, "2024-05-06/..": false,
	} {
		i, err := record.ParseInterval(at)
		if got := keeps(layer, wmts.Tile{Set: grid.WGS84, Time: i}); got != want || err != nil {
			t.Errorf("%s is kept: %v, %v", at, got, err)
		}
		if keeps(product.Node{Grids: grids}, wmts.Tile{Set: grid.WGS84, Time: i}) {
			t.Errorf("%s is kept of a layer without data", at)
		}
	}
}

// A day that an instance has not heard of yet is looked up, so that its tiles are kept; however often, once a second.
func TestFindLearnsOfNewDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		l := newLayers(w, products(t))
		day, _ := record.ParseInterval("2024-05-06")
		for _, want := range []bool{false, true} {
			for range 3 {
				node, err := l.find(t.Context(), system, "S2L2A__NDVI", day, 0)
				if err != nil || shows(node, day) != want {
					t.Errorf("the layer is %+v, %v", node, err)
				}
			}
			w.set(nil, record.Extent{Collection: "S2L2A", Time: day})
			time.Sleep(listAge)
		}
		if w.asked != 2 {
			t.Errorf("the catalogue was asked %d times", w.asked)
		}
	})
}

func TestStyleOf(t *testing.T) {
	node := product.Node{Name: "l", Styles: []string{"natural", "grey"}}
	for asked, want := range map[string]string{"default": "natural", "grey": "grey", "natural": "natural", "jet": ""} {
		got, err := styleOf(node, asked)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("style %q means %q, %v", asked, got, err)
		}
	}
}
