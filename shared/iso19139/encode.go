package iso19139

import (
	"cmp"

	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// codeLists is where the code lists are.
const codeLists = "http://www.isotc211.org/2005/resources/Codelist/gmxCodelists.xml#"

// Append appends the metadata of a record as gmd:MD_Metadata of an element set (dublincore.Brief, Summary or Full). It is
// valid against apiso.xsd of CSW 2.0.2 in each: what the schema requires and the set leaves out, or nobody knows, is there
// without a value.
func Append(b []byte, r *record.Record, set string) []byte {
	w := writer{iso19115.NewWriter(b, r, set)}
	w.metadata()
	return w.Bytes
}

type writer struct{ iso19115.Writer }

func (w *writer) metadata() {
	m := &w.Metadata
	w.Open("gmd:MD_Metadata", "xmlns:gmd", Namespace, "xmlns:gco", NamespaceGCO, "xmlns:srv", NamespaceSRV, "xmlns:gml", NamespaceGML, "xmlns:xlink", "http://www.w3.org/1999/xlink")
	w.Text("gmd:fileIdentifier", m.ID)
	if !w.Brief() {
		w.OptionalText("gmd:language", m.Language)
		w.code("gmd:characterSet", "MD_CharacterSetCode", "utf8")
		w.OptionalText("gmd:parentIdentifier", m.Parent)
	}
	w.code("gmd:hierarchyLevel", "MD_ScopeCode", m.Level)
	if m.Level != "dataset" && m.Level != "" && !w.Brief() {
		w.Text("gmd:hierarchyLevelName", m.Level)
	}
	w.contacts()
	w.date("gmd:dateStamp", m.DateStamp)
	if !w.Brief() {
		w.Text("gmd:metadataStandardName", "ISO 19115:2003")
		w.Text("gmd:metadataStandardVersion", "2003/Cor.1:2006")
		w.systems()
	}
	w.Within("gmd:identificationInfo", w.identification)
	if !w.Brief() {
		w.content()
		w.distribution()
		w.quality()
	}
	w.Close("gmd:MD_Metadata")
}

// code writes a property that is of a code list.
func (w *writer) code(tag, list, value string) {
	if value == "" {
		return
	}
	w.Open(tag)
	w.Element("gmd:"+list, value, "codeList", codeLists+list, "codeListValue", value)
	w.Close(tag)
}

// date writes a date, or that there is none.
func (w *writer) date(tag, said string) {
	text, timed := iso19115.DateText(said)
	switch {
	case text == "":
		w.Nothing(tag)
	case timed:
		w.Nested(tag+"/gco:DateTime", text)
	default:
		w.Nested(tag+"/gco:Date", text)
	}
}

func (w *writer) systems() {
	for _, code := range w.Metadata.CRS {
		w.Within("gmd:referenceSystemInfo/gmd:MD_ReferenceSystem/gmd:referenceSystemIdentifier/gmd:RS_Identifier", func() { w.Text("gmd:code", code) })
	}
}

// identification writes what the resource is (MD_DataIdentification, SV_ServiceIdentification).
func (w *writer) identification() {
	class := "gmd:MD_DataIdentification"
	if w.Metadata.Service != nil {
		class = "srv:SV_ServiceIdentification"
	}
	res := &w.Metadata.Resource
	w.Open(class)
	w.citation()
	if w.Brief() {
		w.Nothing("gmd:abstract")
	} else {
		w.RequiredText("gmd:abstract", res.Abstract)
		for _, c := range res.Parties {
			w.party("gmd:pointOfContact", c)
		}
	}
	w.overviews()
	if !w.Brief() {
		w.keywords()
		w.constraints()
	}
	if w.Metadata.Service != nil {
		w.service()
	} else {
		w.data()
	}
	w.Close(class)
}

func (w *writer) citation() {
	res := &w.Metadata.Resource
	w.Open("gmd:citation")
	w.Open("gmd:CI_Citation")
	w.Text("gmd:title", res.Title)
	if !w.Brief() {
		w.OptionalText("gmd:alternateTitle", res.AlternateTitle)
	}
	written := false
	for _, d := range res.Dates {
		written = w.dated(d) || written
	}
	if !written {
		w.Nothing("gmd:date")
	}
	if !w.Brief() {
		w.OptionalText("gmd:edition", res.Edition)
		for _, id := range res.IDs {
			w.Within("gmd:identifier/gmd:MD_Identifier", func() { w.Text("gmd:code", id) })
		}
	}
	w.Close("gmd:CI_Citation")
	w.Close("gmd:citation")
}

// dated writes a date and of what it is, if it is one.
func (w *writer) dated(d iso19115.Date) bool {
	if text, _ := iso19115.DateText(d.Date); text == "" {
		return false
	}
	w.Open("gmd:date")
	w.Open("gmd:CI_Date")
	w.date("gmd:date", d.Date)
	w.code("gmd:dateType", "CI_DateTypeCode", cmp.Or(d.Type, "publication"))
	w.Close("gmd:CI_Date")
	w.Close("gmd:date")
	return true
}

func (w *writer) overviews() {
	for _, o := range w.Metadata.Overviews {
		w.Open("gmd:graphicOverview")
		w.Open("gmd:MD_BrowseGraphic")
		w.Text("gmd:fileName", o.Href)
		w.OptionalText("gmd:fileDescription", o.Title)
		w.OptionalText("gmd:fileType", cmp.Or(o.Type, o.Name))
		w.Close("gmd:MD_BrowseGraphic")
		w.Close("gmd:graphicOverview")
	}
}

func (w *writer) keywords() {
	for _, k := range w.Metadata.Resource.Keywords {
		w.Open("gmd:descriptiveKeywords")
		w.Open("gmd:MD_Keywords")
		w.Texts("gmd:keyword", k.Words)
		w.code("gmd:type", "MD_KeywordTypeCode", k.Type)
		if k.Thesaurus != "" {
			w.Within("gmd:thesaurusName/gmd:CI_Citation", func() {
				w.Text("gmd:title", k.Thesaurus)
				w.Nothing("gmd:date")
			})
		}
		w.Close("gmd:MD_Keywords")
		w.Close("gmd:descriptiveKeywords")
	}
}

func (w *writer) constraints() {
	res := &w.Metadata.Resource
	if len(res.Limitations)+len(res.Access)+len(res.Use)+len(res.Other) > 0 {
		w.Open("gmd:resourceConstraints")
		w.Open("gmd:MD_LegalConstraints")
		w.Texts("gmd:useLimitation", res.Limitations)
		for _, c := range res.Access {
			w.code("gmd:accessConstraints", "MD_RestrictionCode", c)
		}
		for _, c := range res.Use {
			w.code("gmd:useConstraints", "MD_RestrictionCode", c)
		}
		w.Texts("gmd:otherConstraints", res.Other)
		w.Close("gmd:MD_LegalConstraints")
		w.Close("gmd:resourceConstraints")
	}
	for _, c := range res.Classification {
		w.Within("gmd:resourceConstraints/gmd:MD_SecurityConstraints", func() { w.code("gmd:classification", "MD_ClassificationCode", c) })
	}
}

// data writes what only data have.
func (w *writer) data() {
	if !w.Brief() {
		w.Resolution("gmd")
	}
	languages := w.Metadata.Resource.Languages
	if len(languages) == 0 && w.Metadata.Language != "" {
		languages = []string{w.Metadata.Language}
	}
	if len(languages) == 0 || w.Brief() {
		w.Nothing("gmd:language")
	} else {
		w.Texts("gmd:language", languages)
	}
	if !w.Brief() {
		w.Topics("gmd")
	}
	w.extent("gmd:extent")
}

func (w *writer) extent(tag string) {
	res := &w.Metadata.Resource
	west, south, east, north, placed := iso19115.Box(res.Footprint)
	timed := !res.Time.IsZero() && !w.Brief()
	elevated := res.Bottom != nil && res.Top != nil && !w.Brief()
	if !placed && !timed && !elevated && len(res.Places) == 0 {
		return
	}
	w.Open(tag)
	w.Open("gmd:EX_Extent")
	if placed {
		w.Box("gmd", west, south, east, north)
	}
	if placed && w.Full() {
		w.Outline("gmd")
	}
	for _, place := range res.Places {
		if !w.Brief() {
			w.Within("gmd:geographicElement/gmd:EX_GeographicDescription/gmd:geographicIdentifier/gmd:MD_Identifier", func() { w.Text("gmd:code", place) })
		}
	}
	if timed {
		w.Within("gmd:temporalElement/gmd:EX_TemporalExtent/gmd:extent", w.Time)
	}
	if elevated {
		w.Within("gmd:verticalElement/gmd:EX_VerticalExtent", func() {
			w.Nested("gmd:minimumValue/gco:Real", xmldoc.Number(*res.Bottom))
			w.Nested("gmd:maximumValue/gco:Real", xmldoc.Number(*res.Top))
			w.Nothing("gmd:verticalCRS")
		})
	}
	w.Close("gmd:EX_Extent")
	w.Close(tag)
}

// content writes what an image shows (MD_ImageDescription).
func (w *writer) content() {
	m := &w.Metadata
	if m.CloudCover == nil && m.SunHeight == nil && m.Processing == "" && len(m.Bands) == 0 {
		return
	}
	w.Within("gmd:contentInfo/gmd:MD_ImageDescription", func() {
		w.Nothing("gmd:attributeDescription")
		w.code("gmd:contentType", "MD_CoverageContentTypeCode", "image")
		for _, b := range m.Bands {
			w.Within("gmd:dimension/gmd:MD_Band", func() { w.band(b) })
		}
		if m.SunHeight != nil {
			w.Nested("gmd:illuminationElevationAngle/gco:Real", xmldoc.Number(*m.SunHeight))
		}
		if m.CloudCover != nil {
			w.Nested("gmd:cloudCoverPercentage/gco:Real", xmldoc.Number(*m.CloudCover))
		}
		if m.Processing != "" {
			w.Within("gmd:processingLevelCode/gmd:MD_Identifier", func() { w.Text("gmd:code", m.Processing) })
		}
	})
}

func (w *writer) band(b iso19115.Band) {
	w.Within("gmd:sequenceIdentifier/gco:MemberName", func() {
		w.Nested("gco:aName/gco:CharacterString", b.Name)
		w.Nested("gco:attributeType/gco:TypeName/gco:aName/gco:CharacterString", "Number")
	})
	if b.Limited() {
		w.Nested("gmd:maxValue/gco:Real", xmldoc.Number(b.Max))
		w.Nested("gmd:minValue/gco:Real", xmldoc.Number(b.Min))
		w.Empty("gmd:units", "xlink:href", iso19115.Nanometre)
	}
}

func (w *writer) distribution() {
	m := &w.Metadata
	if len(m.Formats)+len(m.Online) == 0 {
		return
	}
	w.Open("gmd:distributionInfo")
	w.Open("gmd:MD_Distribution")
	for _, f := range m.Formats {
		w.Within("gmd:distributionFormat/gmd:MD_Format", func() {
			w.Text("gmd:name", f)
			w.Nothing("gmd:version")
		})
	}
	if len(m.Online) > 0 {
		w.Open("gmd:transferOptions")
		w.Open("gmd:MD_DigitalTransferOptions")
		for _, l := range m.Online {
			w.Open("gmd:onLine")
			w.online(l)
			w.Close("gmd:onLine")
		}
		w.Close("gmd:MD_DigitalTransferOptions")
		w.Close("gmd:transferOptions")
	}
	w.Close("gmd:MD_Distribution")
	w.Close("gmd:distributionInfo")
}

func (w *writer) online(l record.Link) {
	w.Open("gmd:CI_OnlineResource")
	w.Nested("gmd:linkage/gmd:URL", l.Href)
	w.OptionalText("gmd:protocol", cmp.Or(l.Protocol, l.Type))
	w.OptionalText("gmd:name", l.Name)
	w.OptionalText("gmd:description", l.Title)
	w.code("gmd:function", "CI_OnLineFunctionCode", iso19115.Function(l.Rel))
	w.Close("gmd:CI_OnlineResource")
}

// quality writes how the resource came about, and what it conforms to.
func (w *writer) quality() {
	m := &w.Metadata
	if m.Lineage == "" && len(m.Conforms) == 0 {
		return
	}
	w.Within("gmd:dataQualityInfo/gmd:DQ_DataQuality", func() {
		w.Within("gmd:scope/gmd:DQ_Scope", func() { w.code("gmd:level", "MD_ScopeCode", cmp.Or(m.Level, "dataset")) })
		for _, c := range m.Conforms {
			w.Within("gmd:report/gmd:DQ_DomainConsistency/gmd:result/gmd:DQ_ConformanceResult", func() { w.conformance(c) })
		}
		if m.Lineage != "" {
			w.Within("gmd:lineage/gmd:LI_Lineage", func() { w.Text("gmd:statement", m.Lineage) })
		}
	})
}

func (w *writer) conformance(c iso19115.Conformance) {
	w.Within("gmd:specification/gmd:CI_Citation", func() {
		w.Text("gmd:title", c.Title)
		if !w.dated(iso19115.Date{Date: c.Date, Type: c.DateType}) {
			w.Nothing("gmd:date")
		}
	})
	w.Text("gmd:explanation", "See the specification")
	if c.Pass == "" {
		w.Nothing("gmd:pass")
		return
	}
	w.Nested("gmd:pass/gco:Boolean", c.Pass)
}
