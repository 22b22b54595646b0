package main

import (
	"context"

	"perigee/shared/csw"
	"perigee/shared/outward"
	"perigee/shared/ows"
	"perigee/shared/transaction"
)

// offers is what is spoken of CSW: reading always, writing where it is switched on.
func offers(found records, service ows.Service, c config) (csw.Config, error) {
	offered := csw.Config{Store: found, Service: service, Path: "/csw", AsPycsw: c.AsPycsw}
	if !c.Writes {
		return offered, nil
	}
	writers, err := parseClients(c.Writers)
	if err != nil {
		return offered, err
	}
	register, err := transaction.NewClient(c.Register)
	if err != nil {
		return offered, err
	}
	guard, err := outward.ParseGuard(c.Reach)
	if err != nil {
		return offered, err
	}
	offered.Transactions, offered.Publisher = register, writers.may
	offered.Fetcher = web{outward.New(outward.Config{Guard: guard, Tries: 2})}
	return offered, nil
}

// web reads documents that strangers name, of public addresses and of those that are let through.
type web struct{ client *outward.Client }

// maxFetched bounds one document.
const maxFetched = 16 << 20

// Fetch gives the document at an address, and its media type.
func (w web) Fetch(ctx context.Context, address string) ([]byte, string, error) {
	answer, err := w.client.Do(ctx, outward.Request{URL: address, Limit: maxFetched})
	if err != nil {
		return nil, "", err
	}
	return answer.Body, answer.Header.Get("Content-Type"), nil
}
