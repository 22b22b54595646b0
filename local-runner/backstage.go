package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"perigee/local-runner/stage"
)

// backstage is the runner's internal address: the broker's ingress, to which functions send, and the receiver of the
// object store's notifications. It listens before either is there, because the object store is told its address when it starts.
type backstage struct {
	url    string
	server *http.Server
	broker atomic.Pointer[http.Handler]
	notify atomic.Pointer[http.Handler]
}

// The paths of the internal address.
const (
	brokerPath = "/brokers"
	notifyPath = "/notifications"
)

func openBackstage() (*backstage, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("an internal address: %w", err)
	}
	b := &backstage{url: "http://" + listener.Addr().String()}
	mux := http.NewServeMux()
	mux.Handle(brokerPath+"/", http.StripPrefix(brokerPath, late(&b.broker)))
	mux.Handle(notifyPath, late(&b.notify))
	b.server = &http.Server{Handler: stage.Programs(mux), ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = b.server.Serve(listener) }() // it ends with the server's Close
	return b, nil
}

// late hands requests to a handler that is there later.
func late(to *atomic.Pointer[http.Handler]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler := to.Load(); handler != nil {
			(*handler).ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the runner is starting or stopping", http.StatusServiceUnavailable)
	})
}

func (b *backstage) setBroker(h http.Handler) { b.broker.Store(&h) }
func (b *backstage) setNotify(h http.Handler) { b.notify.Store(&h) }
