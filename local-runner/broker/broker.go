package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"perigee/shared/fault"
)

// Broker is open from Open to Close. Its methods may be called at the same time.
type Broker struct {
	cfg         Config
	log         *slog.Logger
	client      *http.Client
	store       *store
	events      jetstream.Stream
	dead        jetstream.Stream
	records     *records
	history     *history
	waiting     fill
	brokers     map[Name]bool
	dispatchers []*dispatcher

	fetching context.Context // until Close: events are fetched
	stop     context.CancelFunc
	working  context.Context // until Close loses patience: deliveries run
	abort    context.CancelFunc
	running  sync.WaitGroup
	once     sync.Once
}

// Open opens or makes the durable state and accepts events from here on. A configuration that cannot work is Invalid.
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	log := cfg.Log.With("part", "broker")
	s, err := openStore(filepath.Join(cfg.Dir, "events"), storeSize(cfg), log)
	if err != nil {
		return nil, err
	}
	b := &Broker{cfg: cfg, log: log, client: newClient(cfg.Transport), store: s, brokers: map[Name]bool{}}
	b.fetching, b.stop = context.WithCancel(context.Background())
	b.working, b.abort = context.WithCancel(context.Background())
	if err := b.load(ctx); err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	return b, nil
}

func (c Config) withDefaults() Config {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 30
	}
	if c.History <= 0 {
		c.History = 5000
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{MaxIdleConnsPerHost: 256, Proxy: nil}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (b *Broker) load(ctx context.Context) (err error) {
	if err = b.openStreams(ctx); err != nil {
		return err
	}
	if b.records, err = openRecords(ctx, b.store.js); err != nil {
		return err
	}
	if b.history, err = openHistory(ctx, b.store.js, b.cfg.History); err != nil {
		return err
	}
	defaults := map[Name]*Delivery{}
	for _, d := range b.cfg.Brokers {
		b.brokers[d.Name], defaults[d.Name] = true, d.Delivery
	}
	for _, t := range b.cfg.Triggers {
		d, err := newDispatcher(b, t, effective(defaults[t.brokerName()], t.Delivery))
		if err != nil {
			return err
		}
		b.dispatchers = append(b.dispatchers, d)
	}
	return b.openConsumers(ctx)
}

func (t Trigger) brokerName() Name { return Name{t.Namespace, t.Broker} }

func (c Config) validate() error {
	var failures []error
	brokers, triggers := map[Name]bool{}, map[Name]bool{}
	for _, d := range c.Brokers {
		if brokers[d.Name] {
			failures = append(failures, fault.New(fault.Invalid, "the broker %s is there twice", d.Name))
		}
		brokers[d.Name] = true
		if d.Delivery != nil {
			failures = append(failures, d.Delivery.validate())
		}
	}
	for _, t := range c.Triggers {
		if triggers[t.Name] {
			failures = append(failures, fault.New(fault.Invalid, "the trigger %s is there twice", t.Name))
		}
		triggers[t.Name] = true
		if err := t.validate(brokers); err != nil {
			failures = append(failures, fmt.Errorf("the trigger %s: %w", t.Name, err))
		}
	}
	return errors.Join(failures...)
}

func (t Trigger) validate(brokers map[Name]bool) error {
	if !brokers[t.brokerName()] {
		return fault.At(fault.Invalid, "broker", "there is no broker %s", t.brokerName())
	}
	if t.Subscriber == nil {
		return fault.At(fault.Invalid, "subscriber", "it has no subscriber")
	}
	for _, f := range t.Filters {
		if err := f.Validate(); err != nil {
			return err
		}
	}
	if t.Delivery != nil {
		return t.Delivery.validate()
	}
	return nil
}

// Start begins to deliver.
func (b *Broker) Start() error {
	if b.fetching.Err() != nil {
		return fault.New(fault.Conflict, "the broker is closed")
	}
	b.once.Do(func() {
		for _, d := range b.dispatchers {
			b.running.Go(func() { d.run(b.fetching) })
		}
	})
	return nil
}

// Close fetches no more, finishes the deliveries in flight, and leaves everything else for the next Open. When ctx ends
// first, the deliveries in flight are cut off and will be repeated.
func (b *Broker) Close(ctx context.Context) error {
	b.stop()
	done := make(chan struct{})
	go func() { b.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		b.log.Warn("deliveries in flight are cut off; they will be repeated")
	}
	b.abort()
	<-done
	if b.history != nil {
		b.history.close(ctx)
	}
	b.client.CloseIdleConnections()
	return b.store.close()
}
