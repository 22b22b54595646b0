package csw

import (
	"perigee/shared/fault"
	"perigee/shared/ows"
)

func (h handler) harvest(*request) (ows.Document, error) {
	return ows.Document{}, fault.New(fault.Unsupported, "no")
}
func harvestable() []string { return writable() }
