package ows

// Service is what capabilities documents say of a service and of who offers it.
type Service struct {
	Title             string
	Abstract          string
	Keywords          []string
	KeywordsType      string // of what kind they are (MD_KeywordTypeCode of ISO 19115): theme, place
	Fees              string // empty: none
	AccessConstraints string // empty: none
	Provider          Provider
}

// Provider is who offers a service.
type Provider struct {
	Name    string
	Site    string // URL
	Contact Contact
}

// Contact is whom to ask about a service.
type Contact struct {
	Person   string
	Position string
	Phone    string
	Fax      string
	Address  string
	City     string
	Region   string
	PostCode string
	Country  string
	Email    string
	// Site is a URL; Hours and Instructions tell when and how; Role is one of CI_RoleCode of ISO 19115.
	Site, Hours, Instructions, Role string
}

// The structs below are the sections of capabilities documents that OWS Common 1.0.0, 1.1.0 and 2.0.0 share, with the
// prefix ows, whose namespace the root of the document sets.

// Identification is ows:ServiceIdentification (06-121r3 clause 7.4.4).
type Identification struct {
	Title             string    `xml:"ows:Title"`
	Abstract          string    `xml:"ows:Abstract,omitempty"`
	Keywords          *Keywords `xml:"ows:Keywords"`
	Type              string    `xml:"ows:ServiceType"`
	Versions          []string  `xml:"ows:ServiceTypeVersion"`
	Profiles          []string  `xml:"ows:Profile"` // not in 1.0.0
	Fees              string    `xml:"ows:Fees"`
	AccessConstraints string    `xml:"ows:AccessConstraints"`
}

// Keywords is ows:Keywords.
type Keywords struct {
	Keyword []string `xml:"ows:Keyword"`
	Type    *code    `xml:"ows:Type"`
}

// code is a word of a list (CodeType).
type code struct {
	List string `xml:"codeSpace,attr"`
	Word string `xml:",chardata"`
}

// isoCode is a word of a list of ISO 19115; nil for none.
func isoCode(word string) *code {
	if word == "" {
		return nil
	}
	return &code{"ISOTC211/19115", word}
}

// ServiceProvider is ows:ServiceProvider (06-121r3 clause 7.4.5).
type ServiceProvider struct {
	Name    string          `xml:"ows:ProviderName"`
	Site    *Link           `xml:"ows:ProviderSite"`
	Contact providerContact `xml:"ows:ServiceContact"`
}

type providerContact struct {
	Person   string       `xml:"ows:IndividualName,omitempty"`
	Position string       `xml:"ows:PositionName,omitempty"`
	Info     *contactInfo `xml:"ows:ContactInfo"`
	Role     *code        `xml:"ows:Role"`
}

type contactInfo struct {
	Phone        *phone   `xml:"ows:Phone"`
	Address      *address `xml:"ows:Address"`
	Site         *Link    `xml:"ows:OnlineResource"`
	Hours        string   `xml:"ows:HoursOfService,omitempty"`
	Instructions string   `xml:"ows:ContactInstructions,omitempty"`
}

type phone struct {
	Voice string `xml:"ows:Voice,omitempty"`
	Fax   string `xml:"ows:Facsimile,omitempty"`
}

type address struct {
	Street   string `xml:"ows:DeliveryPoint,omitempty"`
	City     string `xml:"ows:City,omitempty"`
	Region   string `xml:"ows:AdministrativeArea,omitempty"`
	PostCode string `xml:"ows:PostalCode,omitempty"`
	Country  string `xml:"ows:Country,omitempty"`
	Email    string `xml:"ows:ElectronicMailAddress,omitempty"`
}

// Identification is the section about the service itself.
func (s Service) Identification(serviceType string, versions ...string) Identification {
	section := Identification{
		Title: s.Title, Abstract: s.Abstract, Type: serviceType, Versions: versions,
		Fees: either(s.Fees, "NONE"), AccessConstraints: either(s.AccessConstraints, "NONE"),
	}
	if len(s.Keywords) > 0 {
		section.Keywords = &Keywords{s.Keywords, isoCode(s.KeywordsType)}
	}
	return section
}

// ServiceProvider is the section about who offers the service.
func (s Service) ServiceProvider() ServiceProvider {
	c := s.Provider.Contact
	section := ServiceProvider{Name: either(s.Provider.Name, s.Title), Contact: providerContact{Person: c.Person, Position: c.Position, Role: isoCode(c.Role)}}
	if s.Provider.Site != "" {
		section.Site = NewLink(s.Provider.Site)
	}
	info := contactInfo{Hours: c.Hours, Instructions: c.Instructions}
	if c.Site != "" {
		info.Site = NewLink(c.Site)
	}
	if p := (phone{c.Phone, c.Fax}); p != (phone{}) {
		info.Phone = &p
	}
	if a := (address{c.Address, c.City, c.Region, c.PostCode, c.Country, c.Email}); a != (address{}) {
		info.Address = &a
	}
	if info != (contactInfo{}) {
		section.Contact.Info = &info
	}
	return section
}
