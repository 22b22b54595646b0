package main

import (
	"perigee/shared/csw"
	"perigee/shared/ows"
	"perigee/shared/transaction"
)

// offers is what is spoken of CSW: reading always, writing where it is switched on.
func offers(found records, service ows.Service, c config) (csw.Config, error) {
	offered := csw.Config{Store: found, Service: service, Path: "/csw"}
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
	offered.Transactions, offered.Publisher = register, writers.may
	return offered, nil
}
