package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"perigee/shared/fault"
)

// houseFlags say where are exported from and imported to.
type houseFlags struct{ state, url, workspace *string }

// tokenVariable holds the bearer token for a house that is named by its address.
const tokenVariable = "PERIGEE_TOKEN"

func addHouse(set *flag.FlagSet) houseFlags {
	return houseFlags{
		state:     set.String("state", defaultState, "`FOLDER` of the running house"),
		url:       set.String("url", "", "`ADDRESS` of a house elsewhere; the bearer token is that of "+tokenVariable),
		workspace: set.String("workspace", "", "`NAME` of the workspace; none: the system"),
	}
}

// transfer asks a house for items, or gives it some.
type transfer struct {
	client
	prefix   string // of the addresses: /workspaces/NAME, or nothing
	say      *speaker
	watched  bool
	patience time.Duration // before the first repetition
}

// attempts is how often a part is asked for, or sent, while the house does not answer.
const attempts = 5

func (f houseFlags) open(t terminal) (*transfer, error) {
	at := instance{URL: strings.TrimSuffix(*f.url, "/"), Token: os.Getenv(tokenVariable)}
	if at.URL == "" {
		var err error
		if at, err = stateFolder(*f.state).find(); err != nil {
			return nil, err
		}
	}
	x := &transfer{client: newClient(at), say: &speaker{out: t.err}, watched: onTerminal(t.err), patience: time.Second}
	x.client.http = &http.Client{Timeout: 10 * time.Minute}
	if *f.workspace != "" {
		x.prefix = "/workspaces/" + url.PathEscape(*f.workspace)
	}
	return x, nil
}

// reply is an answer that was read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// mayPass tells whether the house, or what stands before it, cannot answer now.
func (r reply) mayPass() bool {
	switch r.status {
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}

// maxReply bounds an answer: a thousand documents.
const maxReply = 512 << 20

// persist asks until the house answers something else than that it cannot answer now.
func (x *transfer) persist(ctx context.Context, method, address, kind string, message []byte) (reply, error) {
	wait := x.patience
	for attempt := 1; ; attempt++ {
		got, err := x.exchange(ctx, method, address, kind, message)
		if err == nil && !got.mayPass() || ctx.Err() != nil || attempt == attempts {
			return got, err
		}
		if err := sleep(ctx, wait); err != nil {
			return got, err
		}
		wait *= 2
	}
}

func (x *transfer) exchange(ctx context.Context, method, address, kind string, message []byte) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, x.url+x.prefix+address, bytes.NewReader(message))
	if err != nil {
		return reply{}, fmt.Errorf("asking the house: %w", err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if x.token != "" {
		r.Header.Set("Authorization", "Bearer "+x.token)
	}
	answer, err := x.client.http.Do(r)
	if err != nil {
		return reply{}, fmt.Errorf("asking the house: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxReply+1))
	if err == nil && len(body) > maxReply {
		err = fault.New(fault.Invalid, "the answer has more than %d bytes", maxReply)
	}
	if err != nil {
		return reply{}, fmt.Errorf("reading the answer of the house: %w", err)
	}
	return reply{answer.StatusCode, answer.Header, body}, nil
}
