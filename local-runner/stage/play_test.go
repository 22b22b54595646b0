package stage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/stage"
)

// The test binary plays the functions too: which one, the environment says.
func TestMain(m *testing.M) {
	role := os.Getenv("PLAY")
	if role == "" {
		os.Exit(m.Run())
	}
	roles := map[string]func(){
		"server": playServer, "bare": playBare, "broken": playBroken, "flaky": playFlaky, "late": playLate, "deaf": playDeaf, "runner": playRunner,
		"job": playJob, "unready": playUnready, "stubborn": playStubborn,
	}
	roles[role]()
}

// times counts how often a role was started, in the folder that the environment names.
func times() int {
	path := filepath.Join(os.Getenv("SCRATCH"), "times")
	n := 1
	if text, err := os.ReadFile(path); err == nil {
		n, _ = strconv.Atoi(string(text))
		n++
	}
	_ = os.WriteFile(path, []byte(strconv.Itoa(n)), 0o600)
	return n
}

func listen(mux http.Handler) {
	server := &http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: mux}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			fmt.Println(err)
			os.Exit(1)
		}
	}()
	<-ctx.Done()
	_ = server.Shutdown(context.Background())
	if scratch := os.Getenv("SCRATCH"); scratch != "" {
		_ = os.WriteFile(filepath.Join(scratch, "drained"), nil, 0o600)
	}
}

// opened is the file of the scratch folder by which requests that are held are let go.
const opened = "opened"

func playServer() {
	var now, most atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health/readiness", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"path": r.URL.Path, "header": r.Header, "host": r.Host, "env": os.Environ(), "args": os.Args[1:], "pid": os.Getpid()})
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(r.FormValue("for"))
		time.Sleep(d)
	})
	mux.HandleFunc("/held", func(w http.ResponseWriter, r *http.Request) { // until the scene opens
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		for r.Context().Err() == nil {
			if _, err := os.Stat(filepath.Join(os.Getenv("SCRATCH"), opened)); err == nil {
				fmt.Fprintf(w, "%d %d", os.Getpid(), most.Load())
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "first")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) {
		fmt.Println("on my way out")
		os.Exit(3)
	})
	mux.HandleFunc("/warn", func(http.ResponseWriter, *http.Request) {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Warn("careful", "item", "S2A")
	})
	listen(mux)
}

func playBare() {
	listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
		}
	}))
}

func playUnready() {
	listen(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the schema is too old", http.StatusServiceUnavailable)
	}))
}

func playBroken() {
	fmt.Println("no such setting: COLOUR")
	os.Exit(1)
}

func playFlaky() {
	if times() < 3 {
		playBroken()
	}
	playServer()
}

func playStubborn() {
	if times() < 4 {
		playBroken()
	}
	playServer()
}

func playLate() { // somebody else was quicker
	if times() < 3 {
		fmt.Println("listen tcp 127.0.0.1:1: bind: address already in use")
		os.Exit(1)
	}
	playServer()
}

func playDeaf() {
	signal.Ignore(syscall.SIGTERM)
	_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.NotFoundHandler())
}

func playJob() {
	n := times()
	fmt.Println("attempt", n)
	if n < 3 {
		os.Exit(1)
	}
}

// playRunner is a runner that starts one function, tells its process id, and waits to be killed.
func playRunner() {
	s, err := stage.Open(stage.Config{Bin: os.Getenv("BIN"), Logs: os.Getenv("SCRATCH"), Services: []manifest.Service{
		{Name: broker.Name{Namespace: "x", Name: "child"}, Timeout: time.Minute, Window: time.Minute, MinScale: 1,
			Program: manifest.Program{Binary: "function", Env: []manifest.Variable{{Name: "PLAY", Value: "deaf"}}}},
	}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s.Start()
	for s.Stats()[0].Instances == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("ready")
	select {}
}
