package csw

import "encoding/xml"

// Inspire is what the extended capabilities of INSPIRE say of the service.
type Inspire struct{}

type extendedCapabilities struct{ XMLName xml.Name }

func (h handler) extended(string) *extendedCapabilities { return nil }
func (h handler) inspireRoot() []string                 { return nil }
