package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"perigee/shared/bucket"
)

// The products of the measurement: enough for the warm ones, one for everything at zero.
const (
	products = 12
	idle     = 2 * time.Second // after which an instance is stopped, when everything shall be at zero
)

// house is a running local-runner with its object store.
type house struct {
	url     string
	objects *bucket.Client
	stop    func()
	pid     int // of the runner
}

// chain measures the way from storing an item to the first STAC and CSW answers that hold it, and tiles.
func chain(ctx context.Context, bin string) ([]result, error) {
	work, err := os.MkdirTemp("", "perigee-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	scenes := filepath.Join(work, "scenes")
	make := exec.CommandContext(ctx, filepath.Join(bin, "scenes"), "-dir", scenes, "-n", fmt.Sprint(products), "-dates", "6", "-size", "1024")
	if said, err := make.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("scenes: %w: %s", err, said)
	}
	h, err := open(ctx, bin, filepath.Join(work, "state"), idle)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	items, err := h.storeAssets(ctx, scenes)
	if err != nil {
		return nil, err
	}
	return h.measure(ctx, items)
}

func (h *house) measure(ctx context.Context, items []string) ([]result, error) {
	if _, err := h.register(ctx, items[0]); err != nil { // warms everything up
		return nil, err
	}
	var warm []time.Duration
	for _, item := range items[1 : len(items)-1] {
		took, err := h.register(ctx, item)
		if err != nil {
			return nil, err
		}
		warm = append(warm, took)
	}
	tiles, err := h.tiles(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.untilZero(ctx); err != nil {
		return nil, err
	}
	cold, err := h.register(ctx, items[len(items)-1])
	if err != nil {
		return nil, err
	}
	if err := h.untilZero(ctx); err != nil { // what follows from the scenes is done
		return nil, err
	}
	written, err := h.written(ctx)
	if err != nil {
		return nil, err
	}
	return append([]result{
		{"PutObject to STAC and CSW, functions warm", spread(warm), "1 s"},
		{"PutObject to STAC and CSW, everything at zero", spread([]time.Duration{cold}), "3 s"},
	}, append(tiles, written...)...), nil
}

var readyLine = regexp.MustCompile(`ready (http://\S+?)/? `)

func open(ctx context.Context, bin, state string, idle time.Duration) (*house, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "local-runner"), "up", "--listen", "127.0.0.1:0", "--state", state, "--sample", "0", "--idle", idle.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() { cmd.Process.Signal(syscall.SIGINT); cmd.Wait() }
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := readyLine.FindStringSubmatch(lines.Text() + " "); m != nil {
			go io.Copy(io.Discard, out)
			objects, err := objectStore(bin, state)
			return &house{m[1], objects, stop, cmd.Process.Pid}, err
		}
	}
	stop()
	return nil, fmt.Errorf("local-runner did not become ready: %s", said.String())
}

func objectStore(bin, state string) (*bucket.Client, error) {
	out, err := exec.Command(filepath.Join(bin, "local-runner"), "env", "--state", state).Output()
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^export (\w+)='?([^'\n]*)'?$`).FindAllStringSubmatch(string(out), -1) {
		env[m[1]] = m[2]
	}
	return bucket.Open(bucket.Config{Endpoint: env["AWS_ENDPOINT_URL"], Region: env["AWS_REGION"], AccessKey: env["AWS_ACCESS_KEY_ID"], SecretKey: env["AWS_SECRET_ACCESS_KEY"]}), nil
}

// storeAssets stores everything but the items, and gives the files of those.
func (h *house) storeAssets(ctx context.Context, folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil {
		return nil, err
	}
	var items []string
	for _, file := range append(files, filepath.Join(folder, "collection.json")) {
		if strings.HasSuffix(file, ".json") && filepath.Base(file) != "collection.json" {
			items = append(items, file)
			continue
		}
		if err := h.store(ctx, folder, file); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (h *house) store(ctx context.Context, folder, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	key, err := filepath.Rel(folder, file)
	if err != nil {
		return err
	}
	_, err = h.objects.Put(ctx, "ingest", key, content, bucket.PutOptions{})
	return err
}

// register stores an item and waits for the first answers of STAC and of CSW that hold it.
func (h *house) register(ctx context.Context, file string) (time.Duration, error) {
	id := strings.TrimSuffix(filepath.Base(file), ".json")
	begun := time.Now()
	if err := h.store(ctx, filepath.Dir(filepath.Dir(file)), file); err != nil {
		return 0, err
	}
	var wait sync.WaitGroup
	failures := make([]error, 2)
	for i, url := range []string{h.url + "/stac/search?ids=" + id, h.url + "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=brief&id=" + id} {
		wait.Go(func() { failures[i] = until(ctx, url, id) })
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// until asks a URL until its answer holds an identifier between quotes or tags.
func until(ctx context.Context, url, id string) error {
	held := regexp.MustCompile(`"id" *: *"` + id + `"|identifier>` + id + `<`)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if body, err := get(ctx, url); err == nil && held.Match(body) {
			return nil
		}
	}
	return fmt.Errorf("%s did not come to hold %s", url, id)
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s was answered %s", url, response.Status)
	}
	return body, err
}
