package main

import (
	"context"
	"path/filepath"
	"strconv"

	"perigee/test/measure"
)

// function starts a function as a cluster does.
func (h *house) function(ctx context.Context, name string) (*measure.Server, error) {
	env := []string{
		"AUTH=none", "DATABASE_URL=" + h.url, "DATABASE_CONNECTIONS=" + strconv.Itoa(h.clients), "REGISTER_URL=http://127.0.0.1:1",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=local", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
	}
	collected, err := measure.Collected(name)
	if err != nil {
		return nil, err
	}
	return measure.Start(ctx, measure.Program{Path: filepath.Join(h.bin, name), Env: append(env, collected...), Ready: measure.Answering("/" + name)})
}

// functions starts those that are measured.
func (h *house) functions(ctx context.Context) (servers map[string]*measure.Server, stop func(), err error) {
	servers = map[string]*measure.Server{}
	stop = func() {
		for _, p := range servers {
			p.Stop()
		}
	}
	for _, name := range []string{"stac", "records"} {
		if servers[name], err = h.function(ctx, name); err != nil {
			delete(servers, name)
			stop()
			return nil, nil, err
		}
	}
	return servers, stop, nil
}
