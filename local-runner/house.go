package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/ingress"
	"perigee/local-runner/manifest"
	"perigee/local-runner/notify"
	"perigee/local-runner/ping"
	"perigee/local-runner/postgres"
	"perigee/local-runner/s3"
	"perigee/local-runner/stage"
	"perigee/shared/bucket"
)

// settings are the flags of up.
type settings struct {
	listen    string
	state     stateFolder
	manifests string
	bin       string
	idle      time.Duration
	env       overrides
	// defaultState is where the other commands look unless they are told.
	defaultState stateFolder
}

// house is everything that up runs.
type house struct {
	settings
	say      *speaker
	log      *slog.Logger
	began    time.Time
	back     *backstage
	public   *http.Server
	url      string // of the ingress
	door     *ingress.Ingress
	database *postgres.Server
	store    *s3.Server
	objects  *bucket.Client
	set      *manifest.Set
	main     broker.Name
	stage    *stage.Stage
	broker   *broker.Broker
	receiver *notify.Receiver
	sources  *ping.Sources
	closers  []func(context.Context) error // in the order of opening
	broken   chan error                    // why the house cannot go on
}

// onStop adds what must be done at the end; what was opened last is closed first.
func (h *house) onStop(stop func(context.Context) error) { h.closers = append(h.closers, stop) }

// stop closes everything. When ctx ends, what does not stop is killed.
func (h *house) stop(ctx context.Context) error {
	var problems error
	for i := len(h.closers) - 1; i >= 0; i-- {
		problems = errors.Join(problems, h.closers[i](ctx))
	}
	h.closers = nil
	return problems
}

// step is one part of the start; what it tells is shown with the time it took.
type step struct {
	name string
	run  func(ctx context.Context) (told string, err error)
}

// start brings the house up, step by step.
func (h *house) start(ctx context.Context) error {
	return h.walk(ctx, []step{
		{"", h.takeState}, {"", h.listenPublic}, {"", h.checkManifests}, {"database", h.startDatabase}, {"object store", h.startStore},
		{"", h.loadManifests}, {"jobs", h.runJobs}, {"functions", h.openStage}, {"events", h.openBroker}, {"", h.openSources}, {"", h.openDoors},
	})
}

// walk takes the steps of a start one after the other, until one fails.
func (h *house) walk(ctx context.Context, steps []step) error {
	h.began, h.broken = time.Now(), make(chan error, 2)
	for _, s := range steps {
		began := time.Now()
		told, err := s.run(ctx)
		if err != nil {
			return err
		}
		if s.name != "" && told != "" {
			h.say.step(s.name, told, time.Since(began))
		}
	}
	return nil
}

func (h *house) takeState(context.Context) (string, error) {
	lock, err := h.state.lock()
	if err != nil {
		return "", err
	}
	h.onStop(func(context.Context) error { return errors.Join(h.state.retract(), lock.Close()) })
	if _, err := os.Stat(h.state.path("logs")); errors.Is(err, fs.ErrNotExist) {
		h.say.line("the first start makes what the next ones find in %s: this takes a few seconds", h.state)
	}
	if err := os.MkdirAll(h.state.path("logs"), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of the logs: %w", err)
	}
	file, err := openLog(h.state.path("logs", "runner.log"))
	if err != nil {
		return "", err
	}
	h.onStop(func(context.Context) error { return file.Close() })
	h.log = slog.New(loud{slog.NewTextHandler(file, nil), h.say})
	return "", nil
}

// maxLog is the size beyond which the log of earlier starts is put aside; the one before it is forgotten.
const maxLog = 16 << 20

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("putting the runner's log aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the runner's log: %w", err)
	}
	return file, nil
}

func (h *house) startDatabase(ctx context.Context) (string, error) {
	return h.openDatabase(ctx, postgres.Config{Dir: h.state.path("postgres"), Log: h.keepLines("postgres")})
}

func (h *house) openDatabase(ctx context.Context, cfg postgres.Config) (string, error) {
	var err error
	h.database, err = postgres.Start(ctx, cfg)
	if err != nil {
		return "", err
	}
	h.onStop(h.database.Stop)
	h.watch(h.database.Done(), "the database", h.database.Tail)
	return h.database.Place(), nil
}

// startStore starts the object store; its notifications are answered by the internal address, which listens already.
func (h *house) startStore(ctx context.Context) (string, error) {
	return h.openStore(ctx, s3.Config{})
}

func (h *house) openStore(ctx context.Context, cfg s3.Config) (string, error) {
	var err error
	if h.back, err = openBackstage(); err != nil {
		return "", err
	}
	h.onStop(func(context.Context) error { return h.back.server.Close() })
	cfg.Dir, cfg.Webhook = h.state.path("s3"), h.back.url+notifyPath
	if h.store, err = startStore(ctx, cfg); err != nil {
		return "", err
	}
	h.onStop(h.store.Stop)
	h.watch(h.store.Done(), "the object store", h.store.Tail)
	h.objects = objectsOf(h.store)
	return h.store.Endpoint(), nil
}

// watch ends the house when a part that it cannot do without ends by itself.
func (h *house) watch(done <-chan struct{}, what string, tail func() []string) {
	go func() {
		<-done
		text := what + " ended by itself"
		for _, line := range tail() {
			text += "\n    " + line
		}
		select {
		case h.broken <- errors.New(text):
		default: // somebody was quicker, or nobody asks any more
		}
	}()
}

// keepLines writes the lines of a child into a log of its own.
func (h *house) keepLines(name string) func(string) {
	log := h.log.With("part", name)
	return func(line string) { log.Info(line) }
}

func (h *house) openStage(context.Context) (string, error) {
	var err error
	h.stage, err = stage.Open(h.stageConfig())
	if err != nil {
		return "", err
	}
	h.onStop(h.stage.Close)
	return fmt.Sprintf("%d, started when they are needed", len(h.stage.Services())), nil
}

func (h *house) stageConfig() stage.Config {
	brokers := h.back.url + brokerPath
	return stage.Config{
		Services: h.set.Services, Bin: h.bin, Logs: h.state.path("logs"), Idle: h.idle, Tell: h.say.notice,
		Addresses: clusterAddresses(brokers),
		Sink: func(service broker.Name) string {
			if name, ok := brokerOf(h.set, service.Namespace); ok {
				return brokers + "/" + name.String()
			}
			return ""
		},
	}
}

func (h *house) openBroker(ctx context.Context) (string, error) {
	cfg := brokerConfig(h.set, h.stage)
	cfg.Dir, cfg.Log = h.state.path("broker"), h.log
	var err error
	if h.broker, err = broker.Open(ctx, cfg); err != nil {
		return "", err
	}
	h.onStop(h.broker.Close)
	h.back.setBroker(h.broker)
	return fmt.Sprintf("%d triggers", len(cfg.Triggers)), h.openReceiver()
}

// absolute makes the folders absolute, because children have other working directories.
func (s *settings) absolute() error {
	state, err := filepath.Abs(string(s.state))
	if err != nil {
		return fmt.Errorf("the state folder: %w", err)
	}
	usual, err := filepath.Abs(defaultState)
	if err != nil {
		return fmt.Errorf("the state folder: %w", err)
	}
	s.state, s.defaultState = stateFolder(state), stateFolder(usual)
	if s.bin == "" {
		s.bin, err = binFolder()
	} else {
		s.bin, err = filepath.Abs(s.bin)
	}
	return err
}
