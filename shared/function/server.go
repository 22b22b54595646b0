package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"knative.dev/pkg/network/handlers"

	"perigee/shared/trace"
)

// Server is what a function serves. Everything a function does ends as an http.Handler.
type Server struct {
	Handler http.Handler
	Ready   func(context.Context) error // nil: always ready
}

// The bounds of one request and of the end of a process.
const (
	maxBody      = 32 << 20               // bytes of a request body
	bodyTime     = time.Minute            // for a request body to come in
	maxHeader    = 64 << 10               // bytes of a request header
	quiet        = 100 * time.Millisecond // without a request before the server stops
	shutdownTime = 25 * time.Second       // for requests in flight
)

// Serve listens on $PORT until ctx ends, then fails its readiness, drains, and returns nil.
func Serve(ctx context.Context, s Server) error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", os.Getenv("HOST")+":"+port)
	if err != nil {
		return fmt.Errorf("listening on port %s: %w", port, err)
	}
	return serve(ctx, s, listener)
}

func serve(ctx context.Context, s Server, listener net.Listener) error {
	drainer := &handlers.Drainer{Inner: wrap(s.Handler), QuietPeriod: quiet, HealthCheck: probed(s.Ready)}
	server := &http.Server{
		Handler:           withHealth(drainer, s.Ready),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ConnContext:       withConnection,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(connections{listener}) }()
	slog.Info("serving", "address", listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	server.SetKeepAlivesEnabled(false)
	drainer.Drain()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		return fmt.Errorf("requests were still running at the end: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// wrap puts around a handler what every function has: a trace, bounds, recovery, a log line, metrics, compression.
func wrap(next http.Handler) http.Handler {
	return traced(observed(recovered(bounded(bodyTime, compressed(next)))))
}

func traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := trace.NewContext(r.Context(), trace.Parse(r.Header.Get(trace.Header)))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bounded bounds the body of a request, in bytes and in the time it takes to come in. The server's ReadTimeout would go
// on after the body and end a request that takes longer to answer.
func bounded(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			connection := http.NewResponseController(w)
			if connection.SetReadDeadline(time.Now().Add(limit)) == nil {
				r.Body = &incoming{r.Body, connection}
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// incoming is a body with a deadline, which ends with the body.
type incoming struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *incoming) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.connection.SetReadDeadline(time.Time{}) // it could be set before
	}
	return n, err
}

func compressed(next http.Handler) http.Handler {
	gzip, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.SuffixETag(gzipTag), gzhttp.ContentTypes([]string{
		"application/json", "application/geo+json", "application/x-ndjson", "application/geo+json-seq", "application/schema+json", "application/problem+json",
		"application/vnd.oai.openapi+json", "application/xml", "application/vnd.ogc.wms_xml", "text/xml",
		"text/html", "text/css", "text/javascript", "text/plain",
	}))
	if err != nil { // the options above are constant
		return next
	}
	return plainTags(gzip(next))
}

// recovered turns a panic of a handler into a 500 of that one request.
func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			slog.Error("a handler panicked", "path", r.URL.Path, "trace", trace.FromContext(r.Context()).ID(), "panic", fmt.Sprint(cause), "stack", stack())
			http.Error(w, "internal error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
