package iso19115

import (
	"strconv"
	"strings"

	"perigee/shared/record"
)

// observedPrefix begins keywords that say of an observation what ISO 19115 has no element for, by the parameters of OpenSearch for
// Earth observation (13-026r9, tables 3 to 6): eo:orbitNumber:50.
const observedPrefix = "eo:"

// observed are the properties that such keywords say, by their parameters.
var observed = map[string]struct {
	property string
	number   bool
	lower    bool // as STAC has its words
}{
	"productType": {property: "product:type"}, "processingLevel": {property: record.PropertyProcessingLevel}, "platform": {property: record.PropertyPlatform},
	"sensorType": {property: record.PropertySensorType}, "spectralRange": {property: "spectralRange"},
	"orbitNumber": {property: "sat:absolute_orbit", number: true}, "track": {property: "sat:relative_orbit", number: true},
	"orbitDirection": {property: "sat:orbit_state", lower: true},
	"cloudCover":     {property: record.PropertyCloudCover, number: true}, "snowCover": {property: "eo:snow_cover", number: true},
}

// observations gives a record what its keywords say of an observation and no element does.
func observations(rec *record.Record) {
	for _, word := range rec.Keywords {
		name, value, said := strings.Cut(strings.TrimPrefix(word, observedPrefix), ":")
		o, known := observed[name]
		if !strings.HasPrefix(word, observedPrefix) || !said || !known || rec.Properties[o.property] != nil {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case o.number && err == nil && n-n == 0: // neither infinite nor no number
			rec.SetNumber(o.property, n)
		case o.number:
		case o.lower:
			rec.SetTexts(o.property, strings.ToLower(value))
		default:
			rec.SetTexts(o.property, value)
		}
	}
}
