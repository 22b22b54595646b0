package main

import (
	"perigee/shared/csw"
	"perigee/shared/iso19139"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/transaction"
)

// offers is what is spoken of CSW: reading always, writing where it is switched on.
func offers(found records, service ows.Service, c config) (csw.Config, error) {
	offered := csw.Config{Store: found, Service: service, Path: "/csw", Schemas: schemas(), Decode: metadata.Decode, Formats: formats()}
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

// schemas are the formats that records are answered in, beside Dublin Core.
func schemas() []csw.Schema {
	return []csw.Schema{{
		URI: iso19139.Namespace, Type: "gmd:MD_Metadata", Prefix: "gmd", Space: iso19139.Namespace, Is: iso19139.IsRoot,
		Append: func(to []byte, r record.Record, set string) ([]byte, error) { return iso19139.Append(to, &r, set), nil },
	}}
}

// formats are the namespaces of the formats that records are written in.
func formats() []string {
	var all []string
	for _, f := range metadata.Formats() {
		all = append(all, f.Namespace)
	}
	return all
}
