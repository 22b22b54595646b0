package function

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"knative.dev/pkg/network"

	"perigee/shared/fault"
)

// withHealth answers the health routes of Knative (func), Kubernetes and OpenFaaS and the metrics in Prometheus' text
// format, and leaves all else to next. The kubelet's own probes go through next too, which fails them while it drains.
func withHealth(next http.Handler, check func(context.Context) error) http.Handler {
	health := healthRoutes(check)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/metrics":
			metrics.WritePrometheus(w, true)
		case health[r.URL.Path] != nil && !network.IsKubeletProbe(r):
			health[r.URL.Path](w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// probed answers a probe of the kubelet by its path; whatever is not a health route asks for readiness. A store that is away
// is no reason to take a pod out of service: all pods would be, and requests would wait at the door of the cluster, where
// the function itself says 503 and when to come back. One that the program cannot work with is.
func probed(check func(context.Context) error) http.HandlerFunc {
	health := healthRoutes(serviceable(check))
	able := health["/health/readiness"]
	return func(w http.ResponseWriter, r *http.Request) {
		if route := health[r.URL.Path]; route != nil {
			route(w, r)
			return
		}
		able(w, r)
	}
}

// patience is what a probe waits for a store: the kubelet gives it a second.
const patience = 500 * time.Millisecond

func serviceable(check func(context.Context) error) func(context.Context) error {
	if check == nil {
		return nil
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := check(ctx); fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
			return err
		}
		return nil
	}
}

// fresh is how long the answer of a check of readiness is believed: many may ask, and each check asks the database.
const fresh = 500 * time.Millisecond

// remembered is a check that is made anew only when its last answer is older than life; at most one is on its way.
func remembered(check func(context.Context) error, life time.Duration) func(context.Context) error {
	if check == nil {
		return nil
	}
	var mutex sync.Mutex
	var at time.Time
	var last error
	return func(ctx context.Context) error {
		mutex.Lock()
		defer mutex.Unlock()
		if !at.IsZero() && time.Since(at) < life {
			return last
		}
		err := check(ctx)
		if ctx.Err() == nil { // otherwise it may be the asker's fault
			at, last = time.Now(), err
		}
		return err
	}
}

func healthRoutes(check func(context.Context) error) map[string]http.HandlerFunc {
	alive, able := ready(nil), ready(remembered(check, fresh))
	return map[string]http.HandlerFunc{
		"/health/liveness": alive, "/healthz": alive, "/_/health": alive,
		"/health/readiness": able, "/_/ready": able,
	}
}

// ready answers whether the function can do its work: 200 {"ok":true}, or 503 and why not.
func ready(check func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if check == nil {
			w.Write([]byte(`{"ok":true}`))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := check(ctx); err != nil {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write([]byte(`{"ok":false,"why":"` + fault.KindOf(err).String() + `"}`))
			return
		}
		w.Write([]byte(`{"ok":true}`))
	}
}
