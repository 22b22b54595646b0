package iso19115p3

import (
	"cmp"

	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// codeLists is where the code lists are.
const codeLists = "http://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml#"

// namespaces are the prefixes that a document declares.
var namespaces = []string{
	"xmlns:mdb", Namespace, "xmlns:cit", base + "cit/2.0", "xmlns:mri", base + "mri/1.0", "xmlns:mcc", base + "mcc/1.0", "xmlns:gex", base + "gex/1.0",
	"xmlns:lan", base + "lan/1.0", "xmlns:srv", base + "srv/2.1", "xmlns:mco", base + "mco/1.0", "xmlns:mrc", base + "mrc/2.0", "xmlns:mrd", base + "mrd/1.0",
	"xmlns:mrl", base + "mrl/2.0", "xmlns:mrs", base + "mrs/1.0", "xmlns:mac", base + "mac/2.0", "xmlns:mdq", "http://standards.iso.org/iso/19157/-2/mdq/1.0",
	"xmlns:gco", base + "gco/1.0", "xmlns:gml", "http://www.opengis.net/gml/3.2", "xmlns:xlink", "http://www.w3.org/1999/xlink",
}

// Append appends the metadata of a record as mdb:MD_Metadata of an element set (dublincore.Brief, Summary or Full). What the
// schema requires and the set leaves out, or nobody knows, is there without a value.
func Append(b []byte, r *record.Record, set string) []byte {
	w := writer{iso19115.NewWriter(b, r, set)}
	w.metadata()
	return w.Bytes
}

type writer struct{ iso19115.Writer }

func (w *writer) metadata() {
	m := &w.Metadata
	w.Open("mdb:MD_Metadata", namespaces...)
	w.identifier("mdb:metadataIdentifier", m.ID)
	if !w.Brief() {
		w.locale("mdb:defaultLocale", m.Language)
		w.parent()
	}
	w.Within("mdb:metadataScope/mdb:MD_MetadataScope", func() { w.code("mdb:resourceScope", "mcc:MD_ScopeCode", cmp.Or(m.Level, "dataset")) })
	w.contacts()
	if !w.date("mdb:dateInfo", iso19115.Date{Date: m.DateStamp, Type: "revision"}) {
		w.Nothing("mdb:dateInfo")
	}
	if !w.Brief() {
		w.Within("mdb:metadataStandard/cit:CI_Citation", func() { w.Text("cit:title", "ISO 19115-1:2014") })
		for _, code := range m.CRS {
			w.Within("mdb:referenceSystemInfo/mrs:MD_ReferenceSystem", func() { w.identifier("mrs:referenceSystemIdentifier", code) })
		}
	}
	w.Within("mdb:identificationInfo", w.identification)
	if !w.Brief() {
		w.content()
		w.distribution()
		w.conformances()
		if m.Lineage != "" {
			w.Within("mdb:resourceLineage/mrl:LI_Lineage", func() { w.Text("mrl:statement", m.Lineage) })
		}
		w.acquisition()
	}
	w.Close("mdb:MD_Metadata")
}

func (w *writer) parent() {
	if w.Metadata.Parent == "" {
		return
	}
	w.Within("mdb:parentMetadata/cit:CI_Citation", func() {
		w.Text("cit:title", w.Metadata.Parent)
		w.identifier("cit:identifier", w.Metadata.Parent)
	})
}

func (w *writer) identifier(tag, code string) {
	w.Within(tag+"/mcc:MD_Identifier", func() { w.Text("mcc:code", code) })
}

func (w *writer) locale(tag, language string) {
	if language == "" {
		return
	}
	w.Within(tag+"/lan:PT_Locale", func() {
		w.code("lan:language", "lan:LanguageCode", language)
		w.code("lan:characterEncoding", "lan:MD_CharacterSetCode", "utf8")
	})
}

// code writes a property that is of a code list.
func (w *writer) code(tag, list, value string) {
	if value == "" {
		return
	}
	w.Open(tag)
	w.Element(list, value, "codeList", codeLists+list[len("mcc:"):], "codeListValue", value)
	w.Close(tag)
}

// date writes a date and of what it is, if it is one.
func (w *writer) date(tag string, d iso19115.Date) bool {
	text, timed := iso19115.DateText(d.Date)
	if text == "" {
		return false
	}
	w.Within(tag+"/cit:CI_Date", func() {
		if timed {
			w.Nested("cit:date/gco:DateTime", text)
		} else {
			w.Nested("cit:date/gco:Date", text)
		}
		w.code("cit:dateType", "cit:CI_DateTypeCode", cmp.Or(d.Type, "publication"))
	})
	return true
}

// identification writes what the resource is (MD_DataIdentification, SV_ServiceIdentification).
func (w *writer) identification() {
	class := "mri:MD_DataIdentification"
	if w.Metadata.Service != nil {
		class = "srv:SV_ServiceIdentification"
	}
	res := &w.Metadata.Resource
	w.Open(class)
	w.citation()
	if w.Brief() || res.Abstract == "" {
		w.Nothing("mri:abstract")
	} else {
		w.Text("mri:abstract", res.Abstract)
	}
	if !w.Brief() {
		for _, c := range res.Parties {
			w.party("mri:pointOfContact", c)
		}
		w.Resolution("mri")
		w.Topics("mri")
	}
	w.extent()
	w.overviews()
	if !w.Brief() {
		w.keywords()
		w.constraints()
	}
	if w.Metadata.Service != nil {
		w.service()
	} else if !w.Brief() {
		for _, language := range res.Languages {
			w.locale("mri:defaultLocale", language)
			break
		}
	}
	w.Close(class)
}

func (w *writer) citation() {
	res := &w.Metadata.Resource
	w.Open("mri:citation")
	w.Open("cit:CI_Citation")
	w.Text("cit:title", res.Title)
	if !w.Brief() {
		w.OptionalText("cit:alternateTitle", res.AlternateTitle)
	}
	for _, d := range res.Dates {
		w.date("cit:date", d)
	}
	if !w.Brief() {
		w.OptionalText("cit:edition", res.Edition)
		for _, id := range res.IDs {
			w.identifier("cit:identifier", id)
		}
	}
	w.Close("cit:CI_Citation")
	w.Close("mri:citation")
}

func (w *writer) extent() {
	res := &w.Metadata.Resource
	west, south, east, north, placed := iso19115.Box(res.Footprint)
	timed := !res.Time.IsZero() && !w.Brief()
	elevated := res.Bottom != nil && res.Top != nil && !w.Brief()
	if !placed && !timed && !elevated && (w.Brief() || len(res.Places) == 0) {
		return
	}
	w.Open("mri:extent")
	w.Open("gex:EX_Extent")
	if placed {
		w.Box("gex", west, south, east, north)
	}
	if placed && w.Full() {
		w.Outline("gex")
	}
	for _, place := range res.Places {
		if !w.Brief() {
			w.Within("gex:geographicElement/gex:EX_GeographicDescription", func() { w.identifier("gex:geographicIdentifier", place) })
		}
	}
	if timed {
		w.Within("gex:temporalElement/gex:EX_TemporalExtent/gex:extent", w.Time)
	}
	if elevated {
		w.Within("gex:verticalElement/gex:EX_VerticalExtent", func() {
			w.Nested("gex:minimumValue/gco:Real", xmldoc.Number(*res.Bottom))
			w.Nested("gex:maximumValue/gco:Real", xmldoc.Number(*res.Top))
		})
	}
	w.Close("gex:EX_Extent")
	w.Close("mri:extent")
}

func (w *writer) overviews() {
	for _, o := range w.Metadata.Overviews {
		w.Within("mri:graphicOverview/mcc:MD_BrowseGraphic", func() {
			w.Text("mcc:fileName", o.Href)
			w.OptionalText("mcc:fileDescription", o.Title)
			w.OptionalText("mcc:fileType", cmp.Or(o.Type, o.Name))
		})
	}
}

func (w *writer) keywords() {
	for _, k := range w.Metadata.Resource.Keywords {
		w.Within("mri:descriptiveKeywords/mri:MD_Keywords", func() {
			w.Texts("mri:keyword", k.Words)
			w.code("mri:type", "mri:MD_KeywordTypeCode", k.Type)
			if k.Thesaurus != "" {
				w.Within("mri:thesaurusName/cit:CI_Citation", func() { w.Text("cit:title", k.Thesaurus) })
			}
		})
	}
}

func (w *writer) constraints() {
	res := &w.Metadata.Resource
	if len(res.Limitations)+len(res.Access)+len(res.Use)+len(res.Other) > 0 {
		w.Within("mri:resourceConstraints/mco:MD_LegalConstraints", func() {
			w.Texts("mco:useLimitation", res.Limitations)
			for _, c := range res.Access {
				w.code("mco:accessConstraints", "mco:MD_RestrictionCode", c)
			}
			for _, c := range res.Use {
				w.code("mco:useConstraints", "mco:MD_RestrictionCode", c)
			}
			w.Texts("mco:otherConstraints", res.Other)
		})
	}
	for _, c := range res.Classification {
		w.Within("mri:resourceConstraints/mco:MD_SecurityConstraints", func() { w.code("mco:classification", "mco:MD_ClassificationCode", c) })
	}
}

// content writes what an image shows (MD_ImageDescription).
func (w *writer) content() {
	m := &w.Metadata
	if m.CloudCover == nil && m.SunHeight == nil && m.Processing == "" && len(m.Bands) == 0 {
		return
	}
	w.Within("mdb:contentInfo/mrc:MD_ImageDescription", func() {
		w.Nothing("mrc:attributeDescription")
		if m.Processing != "" {
			w.identifier("mrc:processingLevelCode", m.Processing)
		}
		w.Within("mrc:attributeGroup/mrc:MD_AttributeGroup", func() {
			w.code("mrc:contentType", "mrc:MD_CoverageContentTypeCode", "image")
			for _, b := range m.Bands {
				w.Within("mrc:attribute/mrc:MD_Band", func() { w.band(b) })
			}
		})
		if m.SunHeight != nil {
			w.Nested("mrc:illuminationElevationAngle/gco:Real", xmldoc.Number(*m.SunHeight))
		}
		if m.CloudCover != nil {
			w.Nested("mrc:cloudCoverPercentage/gco:Real", xmldoc.Number(*m.CloudCover))
		}
	})
}

func (w *writer) band(b iso19115.Band) {
	w.identifier("mrc:name", b.Name)
	if b.Limited() {
		w.Nested("mrc:boundMax/gco:Real", xmldoc.Number(b.Max))
		w.Nested("mrc:boundMin/gco:Real", xmldoc.Number(b.Min))
		w.Empty("mrc:boundUnits", "xlink:href", iso19115.Nanometre)
	}
}

func (w *writer) distribution() {
	m := &w.Metadata
	if len(m.Formats)+len(m.Online) == 0 {
		return
	}
	w.Open("mdb:distributionInfo")
	w.Open("mrd:MD_Distribution")
	for _, f := range m.Formats {
		w.Within("mrd:distributionFormat/mrd:MD_Format/mrd:formatSpecificationCitation/cit:CI_Citation", func() { w.Text("cit:title", f) })
	}
	if len(m.Online) > 0 {
		w.Within("mrd:transferOptions/mrd:MD_DigitalTransferOptions", func() {
			for _, l := range m.Online {
				w.Within("mrd:onLine/cit:CI_OnlineResource", func() { w.online(l) })
			}
		})
	}
	w.Close("mrd:MD_Distribution")
	w.Close("mdb:distributionInfo")
}

func (w *writer) online(l record.Link) {
	w.Text("cit:linkage", l.Href)
	w.OptionalText("cit:protocol", cmp.Or(l.Protocol, l.Type))
	w.OptionalText("cit:name", l.Name)
	w.OptionalText("cit:description", l.Title)
	w.code("cit:function", "cit:CI_OnLineFunctionCode", iso19115.Function(l.Rel))
}

// conformances writes what the resource was held against (ISO 19157).
func (w *writer) conformances() {
	if len(w.Metadata.Conforms) == 0 {
		return
	}
	w.Within("mdb:dataQualityInfo/mdq:DQ_DataQuality", func() {
		w.Within("mdq:scope/mcc:MD_Scope", func() { w.code("mcc:level", "mcc:MD_ScopeCode", cmp.Or(w.Metadata.Level, "dataset")) })
		for _, c := range w.Metadata.Conforms {
			w.Within("mdq:report/mdq:DQ_DomainConsistency/mdq:result/mdq:DQ_ConformanceResult", func() { w.conformance(c) })
		}
	})
}

func (w *writer) conformance(c iso19115.Conformance) {
	w.Within("mdq:specification/cit:CI_Citation", func() {
		w.Text("cit:title", c.Title)
		w.date("cit:date", iso19115.Date{Date: c.Date, Type: c.DateType})
	})
	if c.Pass == "" {
		w.Nothing("mdq:pass")
		return
	}
	w.Nested("mdq:pass/gco:Boolean", c.Pass)
}

// acquisition writes by what the resource was measured (MI_AcquisitionInformation).
func (w *writer) acquisition() {
	m := &w.Metadata
	if m.Platform == "" && len(m.Instrument) == 0 {
		return
	}
	w.Within("mdb:acquisitionInformation/mac:MI_AcquisitionInformation/mac:platform/mac:MI_Platform", func() {
		if m.Platform == "" {
			w.Nothing("mac:identifier")
		} else {
			w.identifier("mac:identifier", m.Platform)
		}
		w.Nothing("mac:description")
		for _, name := range m.Instrument {
			w.Within("mac:instrument/mac:MI_Instrument", func() {
				w.identifier("mac:identifier", name)
				w.RequiredText("mac:type", m.Sensor)
			})
		}
		if len(m.Instrument) == 0 {
			w.Nothing("mac:instrument")
		}
	})
}
