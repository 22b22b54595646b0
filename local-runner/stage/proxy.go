package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"perigee/shared/fault"
)

// newTransport keeps connections to the instances; each is used by its own address.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
	}
}

// silent drops what the standard library would log beside the answers and the figures.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// errTimeout is why a request is cut off.
var errTimeout = errors.New("the time of the request is over")

// ServeHTTP hands a request to an instance.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, nil, false)
}

// serveLocal answers at the service's own address. A request that comes with a lease goes to the leased instance.
func (s *Service) serveLocal(w http.ResponseWriter, r *http.Request) {
	rest, id, ok := leased(r.URL.Path)
	if !ok {
		s.serve(w, r, nil, false)
		return
	}
	r.URL.Path, r.URL.RawPath = rest, ""
	s.serve(w, r, s.living(s.leases.claim(id)), true)
}

// living is the instance, nil when it has ended since it was leased.
func (s *Service) living(in *instance) *instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in != nil && !in.ready && !in.stopping {
		return nil
	}
	return in
}

// serve hands a request to the instance that was leased for it, or to one that has room.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, in *instance, patient bool) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.spec.Timeout, errTimeout)
	defer cancel()
	r = r.WithContext(ctx)
	if in != nil {
		s.forward(w, r, in)
		return
	}
	in, err := s.acquire(ctx, patient)
	if err != nil {
		s.answer(w, r, err)
		return
	}
	defer s.release(in)
	s.forward(w, r, in)
}

func (s *Service) forward(w http.ResponseWriter, r *http.Request, in *instance) {
	to, err := url.Parse(in.url)
	if err != nil {
		s.answer(w, r, err)
		return
	}
	counted := &statusWriter{ResponseWriter: w}
	proxy := &httputil.ReverseProxy{
		Transport: s.stage.transport, FlushInterval: -1, ErrorHandler: s.answer, ErrorLog: silent(),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
			setForwarded(p)
		},
	}
	defer func() { s.counted(in, counted.status) }()
	proxy.ServeHTTP(counted, r)
}

// setForwarded tells the program how it was called. What a proxy on this very machine has said already stays.
func setForwarded(p *httputil.ProxyRequest) {
	from := p.In.Header
	p.SetXForwarded()
	if !LoopbackAddress(p.In.RemoteAddr) {
		return
	}
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
		if said := from[name]; len(said) > 0 {
			p.Out.Header[name] = said
		}
	}
}

// answer tells in words why there is no answer of the program.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, err error) {
	status, header, p := s.refused(r.Context(), err)
	if _, forwarded := w.(*statusWriter); !forwarded {
		defer s.counted(nil, status)
	}
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(p)
}

// refused is what is said where there is no answer of the program.
func (s *Service) refused(ctx context.Context, err error) (status int, header http.Header, p problem) {
	status, header = http.StatusBadGateway, http.Header{"Content-Type": {"application/problem+json"}}
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		status, err = http.StatusGatewayTimeout, fmt.Errorf("%s did not answer within %v", s.spec.Name.Name, s.spec.Timeout)
	case ctx.Err() != nil: // nobody waits for the answer
		status = 499
	case fault.KindOf(err) == fault.Unavailable:
		status = http.StatusServiceUnavailable
		header.Set("Retry-After", strconv.Itoa(s.retryAfter()))
	default:
		err = fmt.Errorf("%s did not answer: %w", s.spec.Name.Name, err)
	}
	return status, header, problem{Title: http.StatusText(status), Status: status, Detail: err.Error()}
}

// problem is the body of a refusal (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// retryAfter is in how many seconds it makes sense to ask again.
func (s *Service) retryAfter() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(1, int(time.Until(s.notBefore).Seconds()+1))
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if (status >= 200 || status == http.StatusSwitchingProtocols) && w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a stream be flushed.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// leasePath leads the path of a request for which an instance was leased already.
const leasePath = "/.leased/"

// leases are the instances that the broker has leased for requests still to come.
type leases struct {
	mu   sync.Mutex
	next int
	open map[string]*instance
}

func (l *leases) add(in *instance) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[string]*instance{}
	}
	l.next++
	id := strconv.Itoa(l.next)
	l.open[id] = in
	return id
}

// leased takes the path of a leased request apart: the path that the program is asked for, and the lease.
func leased(path string) (rest, id string, ok bool) {
	tail, ok := strings.CutPrefix(path, leasePath)
	id, rest, _ = strings.Cut(tail, "/")
	return "/" + rest, id, ok
}

// claim is the instance of a lease, nil when it was claimed or dropped already.
func (l *leases) claim(id string) *instance {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := l.open[id]
	delete(l.open, id)
	return in
}

func (l *leases) drop(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, id)
}
