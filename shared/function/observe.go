package function

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"perigee/shared/trace"
)

// observed counts and times requests, and logs the ones that failed or wrote something; reading ones at debug level.
func observed(next http.Handler) http.Handler {
	inFlight := metrics.GetOrCreateCounter("perigee_requests_in_flight")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		inFlight.Inc()
		defer inFlight.Dec() // a handler may abort the request by a panic
		seen := &watched{ResponseWriter: w, status: http.StatusOK, request: r}
		ctx, naming := trace.WithNaming(r.Context())
		next.ServeHTTP(seen, r.WithContext(ctx))
		took, operation := time.Since(start), naming.Or(known(r.Method))
		kind := kindOf(operation, seen.status)
		kind.requests.Inc()
		kind.duration.Update(took.Seconds())
		level := levelOf(r.Method, seen.status, naming.Reads())
		if !slog.Default().Enabled(ctx, level) {
			return // most requests read, and nobody wants to know of each
		}
		slog.Log(ctx, level, "request", "method", r.Method, "path", r.URL.Path, "operation", operation, "status", seen.status,
			"bytes", seen.bytes, "seconds", took.Seconds(), "trace", trace.FromContext(ctx).ID())
	})
}

// outcome names the metrics of a kind of request. There are few: operations are known beforehand.
type outcome struct {
	operation string
	status    int
}

type measured struct {
	requests *metrics.Counter
	duration *metrics.Histogram
}

var kinds sync.Map // outcome -> measured: looking them up by their written names would cost more than a small answer

func kindOf(operation string, status int) measured {
	key := outcome{operation, status}
	if known, ok := kinds.Load(key); ok {
		return known.(measured)
	}
	kind := measured{
		metrics.GetOrCreateCounter(fmt.Sprintf(`perigee_requests_total{operation=%q,code="%d"}`, operation, status)),
		metrics.GetOrCreateHistogram(fmt.Sprintf(`perigee_request_duration_seconds{operation=%q}`, operation)),
	}
	kinds.Store(key, kind)
	return kind
}

// known is a method that HTTP knows; what a stranger makes up is one and the same.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// levelOf is that of the line about a request, of which it may be known that it only read.
func levelOf(method string, status int, reads bool) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelError
	case !reads && method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// watched remembers what was answered.
type watched struct {
	http.ResponseWriter
	status int
	bytes  int64
	wrote  bool

	request *http.Request // nil: what is written is not sent from here
}

func (w *watched) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	w.wrote = true
	n, err := w.send(p)
	w.bytes += int64(n)
	return n, err
}

func (w *watched) send(p []byte) (int, error) {
	if w.request == nil {
		return w.ResponseWriter.Write(p)
	}
	return writeTogether(w.request.Context(), w.ResponseWriter, p)
}

// Unwrap lets http.ResponseController reach the flusher below.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what was written so far.
func (w *watched) Flush() {
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func stack() string { return string(debug.Stack()) }
