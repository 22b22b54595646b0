package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The bounds of the embedded server.
const (
	maxPayload = 4 << 20 // of a kept message: an event of MaxEvent, its attributes and what a dead letter adds
	startTime  = 30 * time.Second
)

// store is a NATS server inside this process, which listens nowhere, and our connection to it.
type store struct {
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
}

func openStore(dir string, maxBytes int64, log *slog.Logger) (*store, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "local-runner", DontListen: true, NoSigs: true, JetStream: true, StoreDir: dir,
		MaxPayload: maxPayload, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: maxBytes, SyncAlways: true,
	})
	if err != nil {
		return nil, fmt.Errorf("the event store in %s: %w", dir, err)
	}
	s.SetLoggerV2(serverLog{log}, false, false, false)
	s.Start()
	st := &store{server: s}
	if !s.ReadyForConnections(startTime) {
		return nil, errors.Join(fmt.Errorf("the event store in %s does not start", dir), st.close())
	}
	if err := st.connect(); err != nil {
		return nil, errors.Join(fmt.Errorf("the event store in %s: %w", dir, err), st.close())
	}
	return st, nil
}

func (s *store) connect() (err error) {
	s.conn, err = nats.Connect("", nats.InProcessServer(s.server), nats.MaxReconnects(-1), nats.Name("local-runner"))
	if err != nil {
		return err
	}
	s.js, err = jetstream.New(s.conn, jetstream.WithPublishAsyncMaxPending(1<<14))
	return err
}

// stream is how a stream is now. It asks by a handle of its own, because the library's handles keep their last answer
// without a lock, and many ask at once.
func (s *store) stream(ctx context.Context, name string) (*jetstream.StreamInfo, error) {
	handle, err := s.js.Stream(ctx, name)
	if err != nil {
		return nil, err
	}
	return handle.CachedInfo(), nil
}

// consumer is how a consumer is now; its handle is its own for the same reason.
func (s *store) consumer(ctx context.Context, stream, name string) (*jetstream.ConsumerInfo, error) {
	handle, err := s.js.Consumer(ctx, stream, name)
	if err != nil {
		return nil, err
	}
	return handle.CachedInfo(), nil
}

func (s *store) close() error {
	if s.conn != nil {
		s.conn.FlushTimeout(startTime) // the last acknowledgements
		s.conn.Close()
	}
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return nil
}

// serverLog takes the server's warnings and errors; the rest is of no interest to the user of the runner.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}
func (l serverLog) Warnf(format string, args ...any) {
	l.log.Warn("event store", "says", fmt.Sprintf(format, args...))
}
func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error("event store", "says", fmt.Sprintf(format, args...))
}
func (l serverLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
