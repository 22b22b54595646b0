package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The source of the measurement.
const (
	harvestPage = 1000
	oneByOne    = 20               // harvests of one item
	whole       = 10 * time.Minute // instances live until the end, and their time is told as theirs
)

// harvested measures, of 100 000 items or as many as are said (bench harvest N), how fast they are harvested from a
// STAC API on this machine and registered through the broker, what memory that takes, and how long one item takes from the
// wish to the answer.
func harvested(ctx context.Context, bin string) ([]result, error) {
	harvestItems := 100_000
	if len(os.Args) > 2 {
		harvestItems, _ = strconv.Atoi(os.Args[2])
	}
	work, err := os.MkdirTemp("", "perigee-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	h, err := open(ctx, bin, filepath.Join(work, "state"), whole)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	source, err := serveItems()
	if err != nil {
		return nil, err
	}
	defer source.stop()
	if _, err := h.harvest(ctx, source, "warm", 1); err != nil {
		return nil, err
	}
	var single []time.Duration
	for i := range oneByOne {
		took, err := h.harvest(ctx, source, fmt.Sprint("single", i), 1)
		if err != nil {
			return nil, err
		}
		single = append(single, took)
	}
	memory := watchMemory(bin, "harvest", "register")
	before, told := processorTime(h.pid), h.delivered(ctx)
	began := time.Now()
	took, err := h.harvest(ctx, source, "many", harvestItems)
	if err != nil {
		return nil, err
	}
	if err := h.untilDelivered(ctx, told+harvestItems); err != nil {
		return nil, err
	}
	done := time.Since(began)
	used := memory()
	h.settle()
	rate := func(d time.Duration) string {
		return fmt.Sprintf("%.0f items/s (%.1f s)", float64(harvestItems)/d.Seconds(), d.Seconds())
	}
	return []result{
		{fmt.Sprintf("harvest and register of %d items through the broker, until all are found", harvestItems), rate(took), "2000 items/s"},
		{"the same, until the events of all are delivered and handled", rate(done), "2000 items/s"},
		{"processor time of all that takes part, the broker and the database too", perItem(before, processorTime(h.pid), harvestItems), "1 ms (2000 items/s on 2 processors)"},
		{"memory of harvest and of register over that, each MB", used, "flat"},
		{"one item, wish to harvest to STAC, functions warm", spread(single), "100 ms"},
	}, nil
}

// delivered is how many events of items were delivered to who follows them.
func (h *house) delivered(ctx context.Context) int {
	body, err := get(ctx, h.url+"/_runner/?f=json")
	var now struct {
		Triggers []struct {
			Name      string
			Delivered int
		}
	}
	if err != nil || json.Unmarshal(body, &now) != nil {
		return 0
	}
	for _, t := range now.Triggers {
		if t.Name == "seed-changes" {
			return t.Delivered
		}
	}
	return 0
}

// untilDelivered waits until as many events of items were delivered.
func (h *house) untilDelivered(ctx context.Context, events int) error {
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if h.delivered(ctx) >= events {
			return nil
		}
	}
	return fmt.Errorf("of %d events of items %d were delivered in time", events, h.delivered(ctx))
}

// harvest has items of a collection harvested and waits until the last of them is found.
func (h *house) harvest(ctx context.Context, from *itemSource, collection string, items int) (time.Duration, error) {
	config := fmt.Sprintf(`{"name": %q, "resource": {"type": "STACAPI", "stacapi": {"url": "%s/%s/%d", "page_size": %d}}}`, collection, from.url, collection, items, harvestPage)
	begun := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/harvest/"+collection, strings.NewReader(config))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	said, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusAccepted {
		return 0, fmt.Errorf("the harvest was answered %s: %s", response.Status, said)
	}
	wait := 2 * time.Millisecond
	if items > 1 {
		wait = 100 * time.Millisecond
	}
	for end := begun.Add(15 * time.Minute); time.Now().Before(end); time.Sleep(wait) {
		body, err := get(ctx, h.url+"/stac/aggregate?aggregations=total_count&collections="+collection)
		var found struct{ Aggregations []struct{ Value int } }
		if err == nil && json.Unmarshal(body, &found) == nil && len(found.Aggregations) == 1 && found.Aggregations[0].Value >= items {
			return time.Since(begun), nil
		}
	}
	return 0, fmt.Errorf("the %d items of %s were not found in time", items, collection)
}

// itemSource is a STAC API: /COLLECTION/N answers the N items of a collection in pages.
type itemSource struct {
	url  string
	stop func()
}

func serveItems() (*itemSource, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &itemSource{url: "http://" + listener.Addr().String()}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.stop = func() { server.Close() }
	go server.Serve(listener)
	return s, nil
}

// ServeHTTP answers a page.
func (s *itemSource) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	parts := strings.Split(strings.Trim(q.URL.Path, "/"), "/")
	if len(parts) != 2 {
		http.NotFound(w, q)
		return
	}
	all, _ := strconv.Atoi(parts[1])
	from, _ := strconv.Atoi(q.URL.Query().Get("from"))
	var page bytes.Buffer
	page.WriteString(`{"type": "FeatureCollection", "features": [`)
	for i := from; i < min(all, from+harvestPage); i++ {
		if i > from {
			page.WriteByte(',')
		}
		page.Write(s.item(parts[0], i))
	}
	page.WriteString(`], "links": [`)
	if from+harvestPage < all {
		fmt.Fprintf(&page, `{"rel": "next", "href": "%s%s?from=%d"}`, s.url, q.URL.Path, from+harvestPage)
	}
	page.WriteString("]}")
	w.Header().Set("Content-Type", "application/geo+json")
	_, _ = w.Write(page.Bytes())
}

// item is an item of a collection. It is put together of pieces, for on the machine that is measured the source is not to take
// a part of the time.
func (s *itemSource) item(collection string, i int) []byte {
	lon, lat := float64(i%3400)/10-170, float64(i/3400%1400)/10-70
	number := func(text []byte, v float64) []byte { return strconv.AppendFloat(text, v, 'f', 1, 64) }
	pair := func(text []byte, x, y float64) []byte {
		return append(number(append(number(append(text, '['), x), ','), y), ']')
	}
	text := append(make([]byte, 0, 1200), `{"type":"Feature","stac_version":"1.0.0","id":"`...)
	text = append(append(text, collection...), '-')
	text = append(strconv.AppendInt(text, int64(1_000_000+i), 10), `","collection":"`...)
	text = append(append(text, collection...), `","bbox":[`...)
	text = number(append(number(append(number(append(number(text, lon), ','), lat), ','), lon+1), ','), lat+1)
	text = append(text, `],"geometry":{"type":"Polygon","coordinates":[[`...)
	for _, corner := range [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}} {
		text = append(pair(text, lon+corner[0], lat+corner[1]), ',')
	}
	text = append(text[:len(text)-1], `]]},"properties":{"datetime":"`...)
	text = time.Date(2024, time.Month(i%12+1), i%28+1, 10, i%60, 31, 0, time.UTC).AppendFormat(text, time.RFC3339)
	text = strconv.AppendInt(append(text, `","eo:cloud_cover":`...), int64(i%100), 10)
	text = strconv.AppendInt(append(text, `,"platform":"sentinel-2a","instruments":["msi"],"sat:relative_orbit":`...), int64(i%143+1), 10)
	text = append(text, `,"created":"2024-06-01T10:00:31Z","updated":"2024-06-01T10:00:31Z","s2:processing_baseline":"05.10","grid:code":"MGRS-33UWP"},"links":[{"rel":"self","href":"`...)
	named := func(text []byte, ending string) []byte {
		return append(strconv.AppendInt(append(append(text, s.url...), '/'), int64(i), 10), ending...)
	}
	text = named(text, `"}],"assets":{"thumbnail":{"href":"`)
	text = named(text, `.jpg","type":"image/jpeg","roles":["thumbnail"]},"metadata":{"href":"`)
	return named(text, `.xml","type":"application/xml","roles":["metadata"]}}}`)
}

// watchMemory looks at the memory of programs until it is asked, and tells the first, those at a quarter, a half and three quarters of
// the time, the last and the greatest.
func watchMemory(bin string, names ...string) func() string {
	var done atomic.Bool
	samples := map[string][]int{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !done.Load() {
			for _, name := range names {
				if kb := resident(filepath.Join(bin, name)); kb > 0 {
					samples[name] = append(samples[name], kb/1024)
				}
			}
			time.Sleep(200 * time.Millisecond)
		}
	}()
	return func() string {
		done.Store(true)
		<-ended
		var told []string
		for _, name := range names {
			if all := samples[name]; len(all) > 3 {
				n := len(all) - 1
				told = append(told, fmt.Sprintf("%s %d, %d, %d, %d, %d (at most %d)", name, all[0], all[n/4], all[n/2], all[n*3/4], all[n], slices.Max(all)))
			}
		}
		return strings.Join(told, "; ")
	}
}

// resident is the greatest resident memory in kB of the processes of a program.
func resident(program string) int {
	processes, _ := filepath.Glob("/proc/[0-9]*/exe")
	most := 0
	for _, exe := range processes {
		if at, err := os.Readlink(exe); err != nil || at != program {
			continue
		}
		text, _ := os.ReadFile(filepath.Join(filepath.Dir(exe), "status")) // it may have ended
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				kb, _ := strconv.Atoi(strings.Fields(rest)[0])
				most = max(most, kb)
			}
		}
	}
	return most
}

// processorTime is what a process and all below it have used, by program, with those that have ended.
func processorTime(pid int) map[string]time.Duration {
	const perTick = 10 * time.Millisecond // of every Linux (USER_HZ)
	parents, used, programs := map[int]int{}, map[int]time.Duration{}, map[int]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, _ := os.ReadFile(file) // it may have ended
		before, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			continue
		}
		at, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		_, programs[at], _ = strings.Cut(before, "(")
		parents[at], _ = strconv.Atoi(fields[1])
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime
			ticks, _ := strconv.Atoi(field)
			used[at] += time.Duration(ticks) * perTick
		}
	}
	all := map[string]time.Duration{}
	for at := range used {
		for up := at; up > 1; up = parents[up] {
			if up == pid {
				all[programs[at]] += used[at]
				break
			}
		}
	}
	return all
}

// settle waits until what the items lead to is done as well: the events of items are handled after they are found.
func (h *house) settle() {
	const look, idle = time.Second, 100 * time.Millisecond
	for range 120 {
		earlier := sum(processorTime(h.pid))
		time.Sleep(look)
		if sum(processorTime(h.pid))-earlier < idle {
			return
		}
	}
}

func sum(used map[string]time.Duration) (whole time.Duration) {
	for _, each := range used {
		whole += each
	}
	return whole
}

// perItem tells what programs used since, for each item.
func perItem(before, after map[string]time.Duration, items int) string {
	var whole time.Duration
	var parts []string
	for _, program := range slices.Sorted(maps.Keys(after)) {
		spent := after[program] - before[program]
		whole += spent
		if each := spent.Seconds() * 1000 / float64(items); each >= 0.01 {
			parts = append(parts, fmt.Sprintf("%s %.2f", program, each))
		}
	}
	return fmt.Sprintf("%.2f ms an item (%s)", whole.Seconds()*1000/float64(items), strings.Join(parts, ", "))
}
