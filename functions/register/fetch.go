package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/stac"
)

// How what lies at public addresses is asked for.
const (
	fetching   = 20 * time.Second // of one request
	acceptJSON = "application/json, application/geo+json;q=0.9, */*;q=0.1"
	acceptXML  = "application/xml, text/xml;q=0.9, */*;q=0.1"
)

// newWeb makes the client that reads what lies at addresses that anybody may have named: allowed are those inside that it
// may reach nevertheless.
func newWeb(allowed []string) (*outward.Client, error) {
	guard, err := outward.ParseGuard(allowed)
	if err != nil {
		return nil, err
	}
	return outward.New(outward.Config{Guard: guard, Timeout: fetching, Tries: 2}), nil
}

// get reads what a public address answers.
func (r *registrar) get(ctx context.Context, href, accept string) (outward.Answer, error) {
	return r.web.Do(ctx, outward.Request{URL: href, Header: http.Header{"Accept": {accept}}, Limit: stac.MaxSize})
}

// getJSON reads what a public address answers as JSON.
func (r *registrar) getJSON(ctx context.Context, href string, v any) error {
	answer, err := r.get(ctx, href, acceptJSON)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer.Body, v); err != nil {
		return fault.Classify(fault.Invalid, err, "%s does not answer what it is asked for", href)
	}
	return nil
}
