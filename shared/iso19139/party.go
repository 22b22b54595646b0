package iso19139

import "perigee/shared/record"

func (w *writer) contacts() {
	if len(w.Metadata.Contacts) == 0 || w.Brief() {
		w.Nothing("gmd:contact")
		return
	}
	for _, c := range w.Metadata.Contacts {
		w.party("gmd:contact", c)
	}
}

func (w *writer) party(tag string, c record.Contact) {
	w.Open(tag)
	w.Open("gmd:CI_ResponsibleParty")
	w.OptionalText("gmd:individualName", c.Name)
	w.OptionalText("gmd:organisationName", c.Organisation)
	w.OptionalText("gmd:positionName", c.Position)
	w.reach(c)
	role := "pointOfContact"
	if len(c.Roles) > 0 {
		role = c.Roles[0]
	}
	w.code("gmd:role", "CI_RoleCode", role)
	w.Close("gmd:CI_ResponsibleParty")
	w.Close(tag)
}

func (w *writer) reach(c record.Contact) {
	if len(c.Phones)+len(c.Emails)+len(c.Addresses) == 0 && c.Href == "" {
		return
	}
	w.Open("gmd:contactInfo")
	w.Open("gmd:CI_Contact")
	if len(c.Phones) > 0 {
		w.Within("gmd:phone/gmd:CI_Telephone", func() { w.Texts("gmd:voice", c.Phones) })
	}
	if len(c.Emails)+len(c.Addresses) > 0 {
		w.address(c)
	}
	if c.Href != "" {
		w.Within("gmd:onlineResource/gmd:CI_OnlineResource", func() { w.Nested("gmd:linkage/gmd:URL", c.Href) })
	}
	w.Close("gmd:CI_Contact")
	w.Close("gmd:contactInfo")
}

func (w *writer) address(c record.Contact) {
	w.Open("gmd:address")
	w.Open("gmd:CI_Address")
	if len(c.Addresses) > 0 {
		a := c.Addresses[0]
		w.Texts("gmd:deliveryPoint", a.Lines)
		w.OptionalText("gmd:city", a.City)
		w.OptionalText("gmd:administrativeArea", a.Area)
		w.OptionalText("gmd:postalCode", a.PostalCode)
		w.OptionalText("gmd:country", a.Country)
	}
	w.Texts("gmd:electronicMailAddress", c.Emails)
	w.Close("gmd:CI_Address")
	w.Close("gmd:address")
}
