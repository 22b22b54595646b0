package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The words, organisations and topics of the records.
var (
	words = strings.Fields("river forest glacier soil moisture temperature precipitation vegetation index land cover elevation bathymetry ocean colour " +
		"chlorophyll ice sea surface wind aerosol ozone emission fire burned area flood urban density road network cadastral parcel geology fault seismic " +
		"habitat protected species bird migration coastal erosion sediment groundwater aquifer lake reservoir snow depth albedo radiation carbon flux " +
		"biomass crop yield drought heat wave noise transport energy")
	organisations = []string{"European Space Agency", "National Mapping Agency", "Hydrological Service", "Ocean Institute", "Geological Survey", "Statistics Office", "University Remote Sensing Lab"}
	topics        = []string{"imageryBaseMapsEarthCover", "inlandWaters", "oceans", "environment", "geoscientificInformation", "climatologyMeteorologyAtmosphere", "transportation"}
)

// generator makes records that are like those of a catalogue of data sets: of about seven kilobytes, with footprints from half a
// degree to twenty, which lie on each other everywhere. Each is made of its number alone.
type generator struct {
	*rand.Rand
	b strings.Builder
}

func pick[T any](g *generator, of []T) T { return of[g.IntN(len(of))] }

// idOf is the identifier of a record.
func idOf(number int) string {
	r := rand.New(rand.NewPCG(uint64(number), 1))
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

func (g *generator) some(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = pick(g, words)
	}
	return strings.Join(list, " ")
}

func (g *generator) date() string {
	return fmt.Sprintf("%04d-%02d-%02d", 1990+g.IntN(35), 1+g.IntN(12), 1+g.IntN(28))
}

// box is west, south, east and north of a box of one of a few sizes.
func (g *generator) box() [4]float64 {
	w, h := pick(g, []float64{0.5, 1, 5, 20}), pick(g, []float64{0.5, 1, 5, 15})
	return g.boxOf(w, h)
}

func (g *generator) boxOf(w, h float64) [4]float64 {
	x, y := g.Float64()*(360-w)-180, g.Float64()*(180-h)-90
	round := func(v float64) float64 { return float64(int(v*1e4)) / 1e4 }
	return [4]float64{round(x), round(y), round(x + w), round(y + h)}
}

// text writes elements, of which the last are gco:CharacterString, around a text.
func character(text string) string {
	return "<gco:CharacterString>" + text + "</gco:CharacterString>"
}

// record is the document of a number.
func (g *generator) record(number int) []byte {
	g.Rand = rand.New(rand.NewPCG(uint64(number), 2))
	g.b.Reset()
	id, box, begin, end := idOf(number), g.box(), g.date(), g.date()
	end = max(begin, end)
	keywords := ""
	for _, i := range g.Perm(len(words))[:5] {
		keywords += "<gmd:keyword>" + character(words[i]) + "</gmd:keyword>"
	}
	links := ""
	for _, l := range [][2]string{{"wms", "OGC:WMS"}, {"wfs", "OGC:WFS"}, {"download", "WWW:DOWNLOAD-1.0-http--download"}} {
		links += fmt.Sprintf(online, l[0], id, character(l[1]), character(l[0]))
	}
	title := g.some(3 + g.IntN(6))
	fmt.Fprintf(&g.b, document, character(id), pick(g, []string{"dataset", "dataset", "dataset", "series", "service"}), character(pick(g, organisations)),
		character("data@example.org"), g.date(), character("ISO 19115:2003/19139"), character(fmt.Sprintf("urn:ogc:def:crs:EPSG::%d", pick(g, []int{4326, 3035, 25832}))),
		character(strings.ToUpper(title[:1])+title[1:]), begin, pick(g, []string{"publication", "creation", "revision"}), character(g.some(40+g.IntN(81))),
		keywords, character("no limitations"), pick(g, []int{10, 30, 100, 1000}), pick(g, topics), box[0], box[2], box[1], box[3], number, begin, end, links, character(g.some(30)))
	return []byte(g.b.String())
}

const online = `<gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>https://data.example.org/%s/%s</gmd:URL></gmd:linkage><gmd:protocol>%s</gmd:protocol><gmd:name>%s</gmd:name></gmd:CI_OnlineResource></gmd:onLine>`

const document = `<?xml version="1.0" encoding="UTF-8"?>
<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
<gmd:fileIdentifier>%s</gmd:fileIdentifier><gmd:language><gmd:LanguageCode codeList="http://www.loc.gov/standards/iso639-2/" codeListValue="eng">eng</gmd:LanguageCode></gmd:language>
<gmd:hierarchyLevel><gmd:MD_ScopeCode codeList="http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#MD_ScopeCode" codeListValue="%s"/></gmd:hierarchyLevel>
<gmd:contact><gmd:CI_ResponsibleParty><gmd:organisationName>%s</gmd:organisationName><gmd:contactInfo><gmd:CI_Contact><gmd:address><gmd:CI_Address><gmd:electronicMailAddress>%s</gmd:electronicMailAddress></gmd:CI_Address></gmd:address></gmd:CI_Contact></gmd:contactInfo><gmd:role><gmd:CI_RoleCode codeList="#CI_RoleCode" codeListValue="pointOfContact"/></gmd:role></gmd:CI_ResponsibleParty></gmd:contact>
<gmd:dateStamp><gco:Date>%s</gco:Date></gmd:dateStamp><gmd:metadataStandardName>%s</gmd:metadataStandardName>
<gmd:referenceSystemInfo><gmd:MD_ReferenceSystem><gmd:referenceSystemIdentifier><gmd:RS_Identifier><gmd:code>%s</gmd:code></gmd:RS_Identifier></gmd:referenceSystemIdentifier></gmd:MD_ReferenceSystem></gmd:referenceSystemInfo>
<gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation><gmd:title>%s</gmd:title><gmd:date><gmd:CI_Date><gmd:date><gco:Date>%s</gco:Date></gmd:date><gmd:dateType><gmd:CI_DateTypeCode codeList="#CI_DateTypeCode" codeListValue="%s"/></gmd:dateType></gmd:CI_Date></gmd:date></gmd:CI_Citation></gmd:citation>
<gmd:abstract>%s</gmd:abstract>
<gmd:descriptiveKeywords><gmd:MD_Keywords>%s<gmd:type><gmd:MD_KeywordTypeCode codeList="#MD_KeywordTypeCode" codeListValue="theme"/></gmd:type></gmd:MD_Keywords></gmd:descriptiveKeywords>
<gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:accessConstraints><gmd:MD_RestrictionCode codeList="#MD_RestrictionCode" codeListValue="otherRestrictions"/></gmd:accessConstraints><gmd:otherConstraints>%s</gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
<gmd:spatialResolution><gmd:MD_Resolution><gmd:distance><gco:Distance uom="m">%d</gco:Distance></gmd:distance></gmd:MD_Resolution></gmd:spatialResolution><gmd:language><gmd:LanguageCode codeList="#LanguageCode" codeListValue="eng"/></gmd:language><gmd:topicCategory><gmd:MD_TopicCategoryCode>%s</gmd:MD_TopicCategoryCode></gmd:topicCategory>
<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox><gmd:westBoundLongitude><gco:Decimal>%v</gco:Decimal></gmd:westBoundLongitude><gmd:eastBoundLongitude><gco:Decimal>%v</gco:Decimal></gmd:eastBoundLongitude><gmd:southBoundLatitude><gco:Decimal>%v</gco:Decimal></gmd:southBoundLatitude><gmd:northBoundLatitude><gco:Decimal>%v</gco:Decimal></gmd:northBoundLatitude></gmd:EX_GeographicBoundingBox></gmd:geographicElement>
<gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent><gml:TimePeriod gml:id="T%d"><gml:beginPosition>%s</gml:beginPosition><gml:endPosition>%s</gml:endPosition></gml:TimePeriod></gmd:extent></gmd:EX_TemporalExtent></gmd:temporalElement></gmd:EX_Extent></gmd:extent></gmd:MD_DataIdentification></gmd:identificationInfo>
<gmd:distributionInfo><gmd:MD_Distribution><gmd:transferOptions><gmd:MD_DigitalTransferOptions>%s</gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution></gmd:distributionInfo>
<gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:scope><gmd:DQ_Scope><gmd:level><gmd:MD_ScopeCode codeList="#MD_ScopeCode" codeListValue="dataset"/></gmd:level></gmd:DQ_Scope></gmd:scope><gmd:lineage><gmd:LI_Lineage><gmd:statement>%s</gmd:statement></gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo>
</gmd:MD_Metadata>
`
