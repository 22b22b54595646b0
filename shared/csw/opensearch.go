package csw

import (
	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
)

const namespaceAtom = "http://www.w3.org/2005/Atom"

func (h handler) language(*ows.Params) string { return "" }

func (h handler) searchDescription(string) (ows.Document, error) {
	return ows.Document{}, fault.New(fault.Unsupported, "no description")
}
func (h handler) feed(results, []record.Record, *request) (ows.Document, error) {
	return ows.Document{}, fault.New(fault.Unsupported, "no feed")
}
