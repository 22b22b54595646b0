// Package iso19115 is what the catalogue knows of the metadata of ISO 19115-1 and 19115-2: the model that their encodings
// in XML, iso19139 and iso19115p3, have in common, read from either and turned into records and back, and what both write alike.
package iso19115

import (
	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// MediaType is that of documents.
const MediaType = "application/xml"

// Metadata is what a document says of a resource (MD_Metadata).
type Metadata struct {
	ID         string
	Parent     string
	Language   string
	Level      string // MD_ScopeCode: dataset, series, service, …
	DateStamp  string
	Contacts   []record.Contact // of the metadata
	CRS        []string
	Resource   Resource
	Service    *Service // nil of what is none
	Formats    []string
	Online     []record.Link
	Overviews  []record.Link
	Lineage    string
	Conforms   []Conformance
	Platform   string
	Instrument []string
	Sensor     string // type of the instrument
	CloudCover *float64
	SunHeight  *float64 // elevation of the illumination, in degrees
	Processing string   // level
	Bands      []Band
}

// Band is a band of an image (MD_Band). Its limits are wavelengths in nanometres, both 0 where nobody says them.
type Band struct {
	Name     string
	Min, Max float64
}

// Limited tells whether the limits of a band are known.
func (b Band) Limited() bool { return b.Min > 0 && b.Max > b.Min }

// Named are bands of which only the names are known.
func Named(names []string) []Band {
	var all []Band
	for _, name := range names {
		all = append(all, Band{Name: name})
	}
	return all
}

// Nanometre is the unit of the limits of bands.
const Nanometre = "http://www.opengis.net/def/uom/UCUM/nm"

// Resource is what the metadata are about (MD_Identification).
type Resource struct {
	Title, AlternateTitle, Edition, Abstract string
	Dates                                    []Date
	IDs                                      []string
	Parties                                  []record.Contact
	Keywords                                 []Keywords
	Topics, Languages, Scales                []string
	Distance                                 *float64
	DistanceUOM                              string
	Footprint                                orb.Geometry
	Places                                   []string // codes and names of places
	Time                                     record.Interval
	Bottom, Top                              *float64
	Limitations, Access, Use, Other          []string
	Classification                           []string
}

// Date is a date of the resource, and of what (CI_DateTypeCode).
type Date struct{ Date, Type string }

// Keywords are keywords of one vocabulary, of one type (MD_KeywordTypeCode).
type Keywords struct {
	Words     []string
	Type      string
	Thesaurus string
}

// Service is what is said of a service beyond other resources (SV_ServiceIdentification).
type Service struct {
	Type, Version, Coupling string
	Operations              []string
	OperatesOn              []string // references
	OperatesOnIDs           []string
	OperatesOnNames         []string
}

// Conformance is the result of holding a resource against a specification (DQ_ConformanceResult).
type Conformance struct {
	Title, Date, DateType string
	Pass                  string // true, false, or nothing
}
