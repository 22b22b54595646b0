package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// withGDAL are the functions that link GDAL.
var withGDAL = map[string]bool{"render": true}

// firstQuestions are what is first asked of functions for which being alive is not enough: their first answer from the catalogue,
// which is empty, over connections that are not open yet.
var firstQuestions = map[string]struct{ name, path string }{
	"csw": {"GetRecords", "/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full"},
}

// coldStarts measures every function from exec to its first answer, and its memory a second later.
func coldStarts(ctx context.Context, bin string) ([]result, error) {
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil {
		return nil, err
	}
	migrate := exec.CommandContext(ctx, filepath.Join(bin, "migrate"))
	migrate.Env = append(os.Environ(), "DATABASE_URL="+os.Getenv("PERIGEE_TEST_DATABASE_URL"))
	if said, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w: %s", err, said)
	}
	var all []result
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		if name == "migrate" {
			continue
		}
		times, memory, err := coldStartsOf(ctx, filepath.Join(bin, name), "/health/liveness")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		start, idle := "50 ms", 30
		if withGDAL[name] {
			start, idle = "200 ms", 80
		}
		all = append(all, result{name + ": exec to first answer", spread(times), start},
			result{name + ": idle memory", fmt.Sprintf("%.1f MB", float64(memory)/1024), fmt.Sprintf("%d MB", idle)})
		if first, asked := firstQuestions[name]; asked {
			if times, _, err = coldStartsOf(ctx, filepath.Join(bin, name), first.path); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, result{name + ": exec to first " + first.name, spread(times), "100 ms"})
		}
	}
	return all, nil
}

// coldStartsOf runs a function some times; memory is the most that it had, in KiB.
func coldStartsOf(ctx context.Context, binary, path string) (times []time.Duration, memory int, err error) {
	for range 7 {
		took, resident, err := coldStart(ctx, binary, path)
		if err != nil {
			return nil, 0, err
		}
		times, memory = append(times, took), max(memory, resident)
	}
	return times, memory, nil
}

// coldStart runs a function once, until it answers at a path; resident is in KiB.
func coldStart(ctx context.Context, binary, path string) (took time.Duration, resident int, err error) {
	port, err := freePort()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(port), "HOST=127.0.0.1", "AUTH=none", "DATABASE_URL="+os.Getenv("PERIGEE_TEST_DATABASE_URL"),
		"AWS_ENDPOINT_URL="+os.Getenv("PERIGEE_TEST_S3_ENDPOINT"), "INGEST_BUCKET=ingest", "CACHE_BUCKET=cache", "RENDER_URL=http://127.0.0.1:1", "REGISTER_URL=http://127.0.0.1:1", "K_SINK=http://127.0.0.1:1",
		"WORKSPACE_KEY="+base64.StdEncoding.EncodeToString(make([]byte, 32)))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}()
	url := "http://127.0.0.1:" + strconv.Itoa(port) + path
	for {
		response, err := http.Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if err != nil || response.StatusCode != http.StatusOK {
				return 0, 0, fmt.Errorf("it answers with %s, %v", response.Status, err)
			}
			took = time.Since(begun)
			break
		}
		select {
		case <-ended:
			return 0, 0, fmt.Errorf("it ended: %s", said.String())
		case <-time.After(500 * time.Microsecond):
		}
		if time.Since(begun) > 10*time.Second {
			return 0, 0, fmt.Errorf("no answer within 10 s")
		}
	}
	time.Sleep(500 * time.Millisecond)
	resident, err = residentMemory(cmd.Process.Pid)
	return took, resident, err
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func residentMemory(pid int) (int, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			return strconv.Atoi(strings.Fields(value)[0])
		}
	}
	return 0, fmt.Errorf("process %d has no resident memory", pid)
}
