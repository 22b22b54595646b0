package source

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/record"
)

// CSW is the records of a catalogue service 2.0.2 or 3.0.0 (HRV-07; OGC 07-006r1, 12-176r7), which is asked for csw:Record or
// for another schema by GetRecords, from one position to the next one that it tells. Records of the ISO application profile
// (OGC 07-045, http://www.isotc211.org/2005/gmd) and of the other formats that are read are found by csw:Record's properties too.
type CSW struct {
	Web     Web
	URL     string
	Query   Query
	Service Service
}

// Root is the node where a walk begins.
func (c *CSW) Root() string { return c.URL }

// Visit asks for the records from a position on; at the root, from the first.
func (c *CSW) Visit(ctx context.Context, node string) (Found, error) {
	at := 1
	if _, position, ok := strings.Cut(node, "#"); ok {
		at, _ = strconv.Atoi(position)
	}
	asked, err := c.address(max(at, 1))
	if err != nil {
		return Found{}, err
	}
	reply, err := c.Web.Ask(ctx, Question{URL: asked, Accept: mediaXML, Limit: maxReply})
	if err != nil {
		return Found{}, err
	}
	page, err := readRecords(reply)
	if err != nil {
		return Found{}, err
	}
	return c.page(reply, page, at)
}

// address asks for records from a position on, in the order of their identifiers, so that pages stay what they are.
func (c *CSW) address(from int) (string, error) {
	q, version := c.Query, cmp.Or(c.Service.Version, "2.0.2")
	base, err := url.Parse(c.URL)
	if err != nil {
		return "", fault.Classify(fault.Invalid, err, "the address of the catalogue service cannot be read")
	}
	base.Fragment = ""
	params := []string{
		"service", "CSW", "version", version, "request", "GetRecords", "elementSetName", "full",
		"startPosition", strconv.Itoa(from), "maxRecords", strconv.Itoa(cmp.Or(c.Service.PageSize, someOfPage)), "outputSchema", c.Service.Schema,
	}
	if version == "2.0.2" {
		params = append(params, "typeNames", "csw:Record", "resultType", "results", "namespace", "xmlns(csw=http://www.opengis.net/cat/csw/2.0.2)",
			"sortBy", "dc:identifier:A", "constraintLanguage", "CQL_TEXT", "constraint_language_version", "1.1.0", "constraint", c.constraint())
		if c.constraint() == "" {
			params = append(params, "constraintLanguage", "", "constraint_language_version", "")
		}
	} else {
		params = append(params, "typeNames", "csw30:Record", "namespace", "xmlns(csw30=http://www.opengis.net/cat/csw/3.0)", "bbox", q.bbox(), "time", strings.ReplaceAll(q.datetime(), "..", ""))
	}
	for name, value := range q.Extra {
		params = append(params, name, value)
	}
	return withParams(base.String(), params...), nil
}

// constraint is the query as CQL text.
func (c *CSW) constraint() string {
	q := c.Query
	var all []string
	if len(q.BBox) == 4 {
		all = append(all, fmt.Sprintf("BBOX(ows:BoundingBox,%s)", q.bbox()))
	}
	if b := q.begin(); b != "" {
		all = append(all, "dc:date >= '"+b+"'")
	}
	if e := q.end(); e != "" {
		all = append(all, "dc:date <= '"+e+"'")
	}
	return strings.Join(all, " AND ")
}

// recordsPage is an answer to GetRecords.
type recordsPage struct {
	records []rawRecord
	next    int
	matched int
}

// rawRecord is a record as it stands in an answer, made to stand alone.
type rawRecord struct {
	name xml.Name
	text []byte
}

// readRecords reads an answer to GetRecords.
func readRecords(reply Reply) (recordsPage, error) {
	if err := checkXML(reply.Body); err != nil {
		return recordsPage{}, err
	}
	var page recordsPage
	in, outer := xml.NewDecoder(bytes.NewReader(reply.Body)), map[string]string{}
	for {
		token, err := in.Token()
		if err == io.EOF {
			return page, nil
		}
		if err != nil {
			return page, fault.Classify(fault.Invalid, err, "the answer of %s cannot be read", reply.URL)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "GetRecordsResponse", "SearchStatus", "RequestId":
			declared(start, outer)
		case "ExceptionReport":
			return page, refusedByOWS(in, start, reply.URL)
		case "SearchResults":
			declared(start, outer)
			page.next, page.matched = numberAttr(start, "nextRecord"), numberAttr(start, "numberOfRecordsMatched")
			if err := page.within(in, reply.Body, start, outer); err != nil {
				return page, fault.Classify(fault.Invalid, err, "the answer of %s cannot be read", reply.URL)
			}
		default:
			return page, fault.New(fault.Invalid, "%s is no answer to GetRecords, but %s", reply.URL, start.Name.Local)
		}
	}
}

// declared adds the namespaces that an element declares, by their prefix; the default one has none.
func declared(start xml.StartElement, into map[string]string) {
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "xmlns":
			into[a.Name.Local] = a.Value
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			into[""] = a.Value
		}
	}
}

// within reads the records of the results.
func (p *recordsPage) within(in *xml.Decoder, text []byte, results xml.StartElement, outer map[string]string) error {
	for {
		from := in.InputOffset()
		token, err := in.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name == results.Name {
				return nil
			}
		case xml.StartElement:
			if err := in.Skip(); err != nil {
				return err
			}
			if len(p.records) >= maxOfPage {
				return fault.New(fault.Invalid, "the page has more than %d records", maxOfPage)
			}
			p.records = append(p.records, rawRecord{token.Name, alone(text[from:in.InputOffset()], token, outer)})
		}
	}
}

// alone makes an element stand by itself, as it was written, with the namespaces that were declared around it.
func alone(element []byte, start xml.StartElement, outer map[string]string) []byte {
	own := map[string]string{}
	declared(start, own)
	name := 1 + bytes.IndexAny(element[1:], " \t\r\n/>")
	out := bytes.NewBuffer(slices.Clone(element[:name]))
	for _, prefix := range slices.Sorted(maps.Keys(outer)) {
		if _, again := own[prefix]; again {
			continue
		}
		out.WriteString(" xmlns")
		if prefix != "" {
			out.WriteString(":" + prefix)
		}
		out.WriteString(`="`)
		_ = xml.EscapeText(out, []byte(outer[prefix])) // memory takes everything
		out.WriteByte('"')
	}
	out.Write(element[name:])
	return out.Bytes()
}

// refusedByOWS tells what an exception report says.
func refusedByOWS(in *xml.Decoder, start xml.StartElement, at string) error {
	var report struct {
		Exceptions []struct {
			Code    string   `xml:"exceptionCode,attr"`
			Locator string   `xml:"locator,attr"`
			Texts   []string `xml:"ExceptionText"`
		} `xml:"Exception"`
	}
	if err := in.DecodeElement(&report, &start); err != nil || len(report.Exceptions) == 0 {
		return fault.New(fault.Invalid, "%s answers an exception that cannot be read", at)
	}
	e := report.Exceptions[0]
	return fault.New(fault.Invalid, "%s answers %s %s: %.300s", at, e.Code, e.Locator, strings.Join(e.Texts, " "))
}

func numberAttr(start xml.StartElement, name string) int {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			n, _ := strconv.Atoi(a.Value) // what is no number is none
			return n
		}
	}
	return 0
}

// page takes the records of a page. The next one begins where the service says, or behind this one when it says nothing of
// records that are left.
func (c *CSW) page(reply Reply, page recordsPage, at int) (Found, error) {
	var found Found
	for i, r := range page.records {
		rec, err := decodeRecord(r)
		if err != nil {
			found.Failures = append(found.Failures, Failure{fmt.Sprintf("%s#%d", c.URL, at+i), err})
			continue
		}
		found.Documents = append(found.Documents, Document{Href: c.URL + "#" + rec.ID, Content: r.text, Kind: KindXML, Record: rec})
	}
	if next := page.next; next > at && len(page.records) > 0 && next <= page.matched {
		node := c.URL + "#" + strconv.Itoa(next)
		if len(node) > maxAddress {
			return found, fault.New(fault.Invalid, "the address of the service is longer than %d bytes", maxAddress)
		}
		found.Next = []string{node}
	}
	return found, nil
}

// decodeRecord reads a record of whatever format the service answers in: the catalogue keeps it as it came.
func decodeRecord(r rawRecord) (record.Record, error) {
	format := metadata.ByRoot(r.name)
	if format == nil {
		return record.Record{}, fault.New(fault.Unsupported, "records of the schema {%.200s}%.100s are not harvested, but csw:Record, gmd:MD_Metadata and the others that are read", r.name.Space, r.name.Local)
	}
	return format.Decode(r.text)
}
