// Package hits measures what a kept tile costs: the processor's time of the function tile, with a folder as it is deployed,
// where what was read lately is remembered, and from the folder alone, without memory; beside that of nginx, where it is
// installed, for the same bytes on the same machine in the same minute.
//
//	go test ./test/hits                                the short form, after make build, which only holds that it works
//	go test -v ./test/hits -requests 40000 [-nginx /usr/sbin/nginx]
package hits

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mime/multipart"

	"github.com/paulmach/orb"

	"perigee/local-runner/child"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache/tilecachetest"
)

var (
	requests = flag.Int("requests", 200, "requests of one measurement")
	nginx    = flag.String("nginx", "nginx", "nginx, by path or by name; measured where it is there")
	rounds   = flag.Int("rounds", 1, "measurements of each, in turn; the best of each counts, because others use the machine too")
)

// connections is how many clients ask at the same time.
const connections = 4

// tileBytes is the size of a tile of the sample as it is usual.
const tileBytes = 45 << 10

const products = `
collections: {S2L2A: {product_types: [S2MSI2A]}}
productTypes:
  - name: S2MSI2A
    filter: {platform: x}
    collections: [S2L2A]
    coverages: {S2L2A_B04: {assets: [red]}}
    defaultBrowse: RED
    browses: {RED: {grey: {expression: B04, range: [0, 4000]}}}
`

// tiles are the paths of sixteen tiles of the scene.
func tiles() []string {
	var all []string
	for i := range 16 {
		all = append(all, fmt.Sprintf("/cache/xyz/S2L2A/10/%d/%d.png", 552+i%4, 360+i/4))
	}
	return all
}

// TestHits measures, and holds that every answer is a kept tile.
func TestHits(t *testing.T) {
	folder := t.TempDir()
	url := cataloguetest.URL(t)
	register(t, url)
	render := httptest.NewServer(&tilecachetest.Drawing{Part: noise})
	defer render.Close()
	start := func(memory string) *process {
		return tile(t, "DATABASE_URL="+url, "RENDER_URL="+render.URL, "CACHE_FOLDER="+folder, "MEMORY_BYTES="+memory, "PRODUCTS="+products)
	}
	servers := map[string]*process{"tile, folder alone": start("-1")}
	fill(t, servers["tile, folder alone"])
	servers["tile, as deployed"] = start("67108864")
	if path, err := exec.LookPath(*nginx); err == nil {
		servers["nginx, folder"] = startNginx(t, path, servers["tile, folder alone"])
	} else {
		t.Logf("nginx is not measured: %v", err)
	}
	best := map[string]result{}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range servers {
			if !yield(name) {
				return
			}
		}
	})
	for range *rounds {
		for _, name := range names {
			measured := servers[name].load(t, *requests)
			if had, ok := best[name]; !ok || measured.cpu < had.cpu {
				best[name] = measured
			}
		}
	}
	t.Logf("%-18s %14s %12s %8s", "", "CPU ms/request", "requests/s", "ratio")
	for _, name := range names {
		ratio := ""
		if n, ok := best["nginx, folder"]; ok && n.cpu > 0 {
			ratio = fmt.Sprintf("%.2f", best[name].cpu/n.cpu)
		}
		t.Logf("%-18s %14.4f %12.0f %8s", name, best[name].cpu, best[name].rate, ratio)
	}
}

// register puts a scene at 14° E, 46° N into the catalogue.
func register(t *testing.T, url string) {
	t.Helper()
	store, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	at := time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC)
	applied, err := store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), []record.Change{{
		Record: record.Record{
			Key: record.Key{Collection: "sentinel-2", ID: "a"}, Type: record.TypeItem, Title: "a", ProductType: "S2MSI2A",
			Time: record.Interval{Start: at, End: at}, Footprint: orb.Bound{Min: orb.Point{14, 46}, Max: orb.Point{15, 47}}.ToPolygon(),
			Properties: map[string]any{}, Document: []byte(`{"id":"a"}`), MediaType: "application/geo+json", Version: "1",
		},
		Coverages: []record.Coverage{{Asset: "red", Href: "s3://ingest/a.tif", ETag: "1"}}, Layers: []string{"S2L2A"}, Replace: true,
		Source: record.Source{Href: "s3://ingest/a.json", Version: "1", Time: at},
	}})
	if err != nil || applied[0].Err != nil {
		t.Fatal(err, applied)
	}
}

// noise is a tile that nobody can compress.
func noise(_ io.Writer, m *multipart.Writer, h textproto.MIMEHeader, i int) bool {
	body := make([]byte, tileBytes)
	random := rand.New(rand.NewPCG(1, uint64(i)))
	for n := range body {
		body[n] = byte(random.Uint32())
	}
	part, err := m.CreatePart(h)
	if err == nil {
		_, err = part.Write(body)
	}
	return err == nil
}

// process is a server under load.
type process struct {
	pid     int
	address string
	paths   []string
}

func tile(t *testing.T, env ...string) *process {
	t.Helper()
	p := &process{address: free(t), paths: tiles()}
	host, port, _ := net.SplitHostPort(p.address)
	cmd := exec.Command(filepath.Join("..", "..", "bin", "tile"))
	cmd.Env = append(append(os.Environ(), "HOST="+host, "PORT="+port, "AUTH=none"), append(deployed(t), env...)...)
	p.start(t, cmd)
	return p
}

var collection = regexp.MustCompile(`name: (GOGC|GOMEMLIMIT)\b.*\n +value: "?(\w+)"?`)

// deployed is how the function's memory is collected where it is deployed.
func deployed(t *testing.T) []string {
	t.Helper()
	manifest, err := os.ReadFile("../../manifests/base/tile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, m := range collection.FindAllStringSubmatch(string(manifest), -1) {
		env = append(env, m[1]+"="+m[2])
	}
	if len(env) != 2 {
		t.Fatalf("the manifest sets %q", env)
	}
	return env
}

// start runs a command until the test ends, and waits until it answers.
func (p *process) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err, "(make build makes the functions)")
	}
	p.pid = cmd.Process.Pid
	t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get("http://" + p.address + p.paths[0]); err == nil {
			answer.Body.Close()
			return
		} else if time.Now().After(end) {
			t.Fatalf("%v\n%s", err, said.String())
		}
	}
}

func free(t *testing.T) string {
	t.Helper()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// fill asks until all tiles are kept.
func fill(t *testing.T, p *process) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		kept := 0
		for _, path := range p.paths {
			if answer, _ := fetch(t, p, path); answer.Header.Get("Perigee-Cache") == "hit" {
				kept++
			}
		}
		if kept == len(p.paths) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d tiles were kept", kept, len(p.paths))
		}
	}
}

func fetch(t *testing.T, p *process, path string) (*http.Response, []byte) {
	t.Helper()
	answer, err := http.Get("http://" + p.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("%s gives %d, %v", path, answer.StatusCode, err)
	}
	return answer, body
}

// startNginx serves the same bytes as plain files.
func startNginx(t *testing.T, path string, from *process) *process {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // its worker is another user
		t.Fatal(err)
	}
	p := &process{address: free(t)}
	for i, at := range from.paths {
		name := strconv.Itoa(i) + ".png"
		_, body := fetch(t, from, at)
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
		p.paths = append(p.paths, "/"+name)
	}
	config := fmt.Sprintf(`worker_processes 1; daemon off; pid %[1]s/pid; error_log %[1]s/error;
events { worker_connections 64; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type image/png;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen %[2]s; root %[1]s; } }`, dir, p.address)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	p.start(t, exec.Command(path, "-p", dir, "-c", filepath.Join(dir, "conf"), "-e", filepath.Join(dir, "error")))
	return p
}

// result is what one measurement gave.
type result struct{ cpu, rate float64 } // milliseconds of a request; requests of a second

// load asks for the tiles in turn on a few connections that stay open.
func (p *process) load(t *testing.T, requests int) result {
	t.Helper()
	before, begun := p.cpu(t), time.Now()
	var clients sync.WaitGroup
	for c := range connections {
		clients.Go(func() {
			if err := p.ask(c, requests/connections); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	took, n := time.Since(begun), float64(requests/connections*connections)
	return result{cpu: float64((p.cpu(t) - before).Microseconds()) / 1000 / n, rate: n / took.Seconds()}
}

func (p *process) ask(first, requests int) error {
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	from := bufio.NewReaderSize(conn, 64<<10)
	for i := range requests {
		path := p.paths[(first+i)%len(p.paths)]
		if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+p.address+"\r\nAccept: image/png,*/*\r\nUser-Agent: measure\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, answer.Body)
		if kept := answer.Header.Get("Perigee-Cache"); err != nil || answer.StatusCode != 200 || n != tileBytes || kept != "" && kept != "hit" && kept != "memory" {
			return fmt.Errorf("%s: %d, %d bytes, %s, %v", path, answer.StatusCode, n, kept, err)
		}
	}
	return nil
}

// cpu is the time that the processor has spent on a process and its children.
func (p *process) cpu(t *testing.T) time.Duration {
	t.Helper()
	total := ticks(t, p.pid)
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid, p.pid))
	if err == nil {
		for child := range strings.FieldsSeq(string(children)) {
			pid, _ := strconv.Atoi(child)
			total += ticks(t, pid)
		}
	}
	return total
}

// ticks reads utime and stime of proc_pid_stat(5), which are hundredths of a second.
func ticks(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
