package function

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
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
		seen := &watched{ResponseWriter: w, status: http.StatusOK}
		ctx, naming := trace.WithNaming(r.Context())
		next.ServeHTTP(seen, r.WithContext(ctx))
		took, operation := time.Since(start), naming.Or(known(r.Method))
		metrics.GetOrCreateCounter(fmt.Sprintf(`perigee_requests_total{operation=%q,code="%d"}`, operation, seen.status)).Inc()
		metrics.GetOrCreateHistogram(fmt.Sprintf(`perigee_request_duration_seconds{operation=%q}`, operation)).Update(took.Seconds())
		slog.Log(ctx, levelOf(r.Method, seen.status), "request", "method", r.Method, "path", r.URL.Path, "operation", operation, "status", seen.status,
			"bytes", seen.bytes, "seconds", took.Seconds(), "trace", trace.FromContext(ctx).ID())
	})
}

// known is a method that HTTP knows; what a stranger makes up is one and the same.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func levelOf(method string, status int) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelError
	case method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions:
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
}

func (w *watched) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	w.wrote = true
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
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
