package function

import (
	"context"
	"net/http"
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

// probed answers a probe of the kubelet by its path.
func probed(check func(context.Context) error) http.HandlerFunc {
	health := healthRoutes(check)
	return func(w http.ResponseWriter, r *http.Request) {
		if route := health[r.URL.Path]; route != nil {
			route(w, r)
			return
		}
		ready(check)(w, r)
	}
}

func healthRoutes(check func(context.Context) error) map[string]http.HandlerFunc {
	alive, able := ready(nil), ready(check)
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
