package iso19115p3

import "perigee/shared/record"

func (w *writer) contacts() {
	if len(w.Metadata.Contacts) == 0 || w.Brief() {
		w.Nothing("mdb:contact")
		return
	}
	for _, c := range w.Metadata.Contacts {
		w.party("mdb:contact", c)
	}
}

func (w *writer) party(tag string, c record.Contact) {
	role := "pointOfContact"
	if len(c.Roles) > 0 {
		role = c.Roles[0]
	}
	w.Open(tag)
	w.Open("cit:CI_Responsibility")
	w.code("cit:role", "cit:CI_RoleCode", role)
	if c.Organisation == "" {
		w.Within("cit:party", func() { w.individual(c, true) })
	} else {
		w.Within("cit:party/cit:CI_Organisation", func() { w.organisation(c) })
	}
	w.Close("cit:CI_Responsibility")
	w.Close(tag)
}

func (w *writer) organisation(c record.Contact) {
	w.Text("cit:name", c.Organisation)
	w.reach(c)
	if c.Name != "" || c.Position != "" {
		w.Within("cit:individual", func() { w.individual(c, false) })
	}
}

func (w *writer) individual(c record.Contact, reached bool) {
	w.Open("cit:CI_Individual")
	w.OptionalText("cit:name", c.Name)
	if reached {
		w.reach(c)
	}
	w.OptionalText("cit:positionName", c.Position)
	w.Close("cit:CI_Individual")
}

func (w *writer) reach(c record.Contact) {
	if len(c.Phones)+len(c.Emails)+len(c.Addresses) == 0 && c.Href == "" {
		return
	}
	w.Open("cit:contactInfo")
	w.Open("cit:CI_Contact")
	for _, phone := range c.Phones {
		w.Within("cit:phone/cit:CI_Telephone", func() { w.Text("cit:number", phone) })
	}
	if len(c.Emails)+len(c.Addresses) > 0 {
		w.Within("cit:address/cit:CI_Address", func() { w.address(c) })
	}
	if c.Href != "" {
		w.Within("cit:onlineResource/cit:CI_OnlineResource", func() { w.Text("cit:linkage", c.Href) })
	}
	w.Close("cit:CI_Contact")
	w.Close("cit:contactInfo")
}

func (w *writer) address(c record.Contact) {
	if len(c.Addresses) > 0 {
		a := c.Addresses[0]
		w.Texts("cit:deliveryPoint", a.Lines)
		w.OptionalText("cit:city", a.City)
		w.OptionalText("cit:administrativeArea", a.Area)
		w.OptionalText("cit:postalCode", a.PostalCode)
		w.OptionalText("cit:country", a.Country)
	}
	w.Texts("cit:electronicMailAddress", c.Emails)
}
