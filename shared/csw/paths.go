package csw

import (
	"regexp"
	"strings"
)

// pathsOf are where in a document, by local names below its root, a property may stand. An asterisk is any element.
func pathsOf(root, name string) []string {
	if trimmed := predicate.ReplaceAllString(strings.Trim(name, "/"), "[$1]"); strings.Contains(trimmed, "/") {
		steps := strings.Split(trimmed, "/")
		for i, step := range steps {
			element, said, has := strings.Cut(step, "[")
			if steps[i] = element[strings.LastIndexByte(element, ':')+1:]; has {
				steps[i] += "[" + said
			}
		}
		if steps[0] == root {
			steps = steps[1:]
		}
		if last := len(steps) - 1; last > 0 && steps[last] == "@"+codeOf { // it is changed with the element
			steps = steps[:last]
		}
		return []string{strings.Join(steps, "/")}
	}
	local := strings.ToLower(withoutPrefix(withoutPath(name)))
	if isDublinCore(root) {
		return []string{elementOf(local)}
	}
	if same, known := sameProperty[local]; known {
		local = same
	}
	return paths[root][local]
}

// predicate is what a path of XPath says of a step: that something in it is a text.
var predicate = regexp.MustCompile(`\[[^\]]*["']([^"'/\]]*)["']\s*\]`)

// sameProperty are properties that stand where another does.
var sameProperty = map[string]string{"description": "abstract", "datestamp": "modified"}

// paths are where documents of a root element have queryables that are texts.
var paths = map[string]map[string][]string{
	"MD_Metadata": isoPaths, "MI_Metadata": isoPaths,
	"DIF": {
		"title": {"Entry_Title"}, "abstract": {"Summary/Abstract", "Summary"}, "subject": {"Keyword"}, "topiccategory": {"ISO_Topic_Category"},
		"creator": {"Data_Set_Citation/Dataset_Creator"}, "publisher": {"Data_Set_Citation/Dataset_Publisher"}, "edition": {"Data_Set_Citation/Version"},
		"organisationname": {"Data_Center/Data_Center_Name/Short_Name"}, "parentidentifier": {"Parent_DIF"}, "resourcelanguage": {"Data_Set_Language"},
		"language": {"Data_Set_Language"}, "modified": {"Last_DIF_Revision_Date"}, "accessconstraints": {"Access_Constraints"}, "otherconstraints": {"Access_Constraints"},
		"conditionapplyingtoaccessanduse": {"Use_Constraints"},
	},
	"metadata": { // of FGDC
		"title": {"idinfo/citation/citeinfo/title"}, "abstract": {"idinfo/descript/abstract"}, "subject": {"idinfo/keywords/theme/themekey"},
		"creator": {"idinfo/citation/citeinfo/origin"}, "publisher": {"idinfo/citation/citeinfo/pubinfo/publish"}, "edition": {"idinfo/citation/citeinfo/edition"},
		"organisationname":  {"idinfo/ptcontac/cntinfo/cntorgp/cntorg", "idinfo/ptcontac/cntinfo/cntperp/cntorg", "metainfo/metc/cntinfo/cntorgp/cntorg"},
		"accessconstraints": {"idinfo/accconst"}, "conditionapplyingtoaccessanduse": {"idinfo/useconst"},
	},
	"resource": { // of DataCite
		"title": {"titles/title"}, "abstract": {"descriptions/description"}, "subject": {"subjects/subject"}, "creator": {"creators/creator/creatorName"},
		"publisher": {"publisher"}, "language": {"language"}, "rights": {"rightsList/rights"}, "format": {"formats/format"}, "edition": {"version"},
	},
	"entry": { // of Atom
		"title": {"title"}, "abstract": {"summary", "content"}, "creator": {"author/name"}, "contributor": {"contributor/name"}, "rights": {"rights"}, "modified": {"updated"},
	},
}

// isoPaths are where documents of ISO 19139 and, behind, of ISO 19115-3 have them, which call most alike.
var isoPaths = map[string][]string{
	"title":             {"identificationInfo/*/citation/CI_Citation/title/*"},
	"alternatetitle":    {"identificationInfo/*/citation/CI_Citation/alternateTitle/*"},
	"edition":           {"identificationInfo/*/citation/CI_Citation/edition/*"},
	"abstract":          {"identificationInfo/*/abstract/CharacterString"},
	"subject":           {"identificationInfo/*/descriptiveKeywords/MD_Keywords/keyword/*"},
	"topiccategory":     {"identificationInfo/*/topicCategory/MD_TopicCategoryCode"},
	"organisationname":  {"identificationInfo/*/pointOfContact/CI_ResponsibleParty/organisationName/*", "contact/CI_ResponsibleParty/organisationName/*", "identificationInfo/*/pointOfContact/CI_Responsibility/party/CI_Organisation/name/*", "contact/CI_Responsibility/party/CI_Organisation/name/*"},
	"parentidentifier":  {"parentIdentifier/CharacterString", "parentMetadata/CI_Citation/identifier/MD_Identifier/code/*"},
	"language":          {"language/LanguageCode", "language/CharacterString", "defaultLocale/PT_Locale/language/LanguageCode"},
	"modified":          {"dateStamp/Date", "dateStamp/DateTime", "dateInfo/CI_Date/date/DateTime", "dateInfo/CI_Date/date/Date"},
	"lineage":           {"dataQualityInfo/DQ_DataQuality/lineage/LI_Lineage/statement/CharacterString", "resourceLineage/LI_Lineage/statement/CharacterString"},
	"format":            {"distributionInfo/MD_Distribution/distributionFormat/MD_Format/name/*", "distributionInfo/MD_Distribution/distributionFormat/MD_Format/formatSpecificationCitation/CI_Citation/title/*"},
	"type":              {"hierarchyLevel/MD_ScopeCode", "metadataScope/MD_MetadataScope/resourceScope/MD_ScopeCode"},
	"servicetype":       {"identificationInfo/SV_ServiceIdentification/serviceType/*"},
	"otherconstraints":  {"identificationInfo/*/resourceConstraints/MD_LegalConstraints/otherConstraints/*"},
	"accessconstraints": {"identificationInfo/*/resourceConstraints/MD_LegalConstraints/accessConstraints/MD_RestrictionCode"},

	"creationdate": {dateOf + "[creation]/date/*"}, "publicationdate": {dateOf + "[publication]/date/*"}, "revisiondate": {dateOf + "[revision]/date/*"},
	"crs":              {"referenceSystemInfo/MD_ReferenceSystem/referenceSystemIdentifier/*/code/*"},
	"resourcelanguage": {"identificationInfo/*/language/*", "identificationInfo/*/defaultLocale/PT_Locale/language/LanguageCode"},
	"denominator":      {"identificationInfo/*/spatialResolution/MD_Resolution/equivalentScale/MD_RepresentativeFraction/denominator/Integer"},
	"distancevalue":    {"identificationInfo/*/spatialResolution/MD_Resolution/distance/Distance"},
	"tempextent_begin": {period + "/beginPosition", period + "/begin/TimeInstant/timePosition"}, "tempextent_end": {period + "/endPosition", period + "/end/TimeInstant/timePosition"},
	"geographicdescriptioncode":       {"identificationInfo/*/extent/EX_Extent/geographicElement/EX_GeographicDescription/geographicIdentifier/*/code/*"},
	"keywordtype":                     {"identificationInfo/*/descriptiveKeywords/MD_Keywords/type/MD_KeywordTypeCode"},
	"responsiblepartyrole":            {"contact/*/role/CI_RoleCode", "identificationInfo/*/pointOfContact/*/role/CI_RoleCode"},
	"creator":                         {contactOf + "[originator]/organisationName/*", contactOf + "[author]/organisationName/*", contactOf + "[author]/party/CI_Organisation/name/*"},
	"publisher":                       {contactOf + "[publisher]/organisationName/*", contactOf + "[publisher]/party/CI_Organisation/name/*"},
	"contributor":                     {contactOf + "[contributor]/organisationName/*", contactOf + "[contributor]/party/CI_Organisation/name/*"},
	"classification":                  {"identificationInfo/*/resourceConstraints/MD_SecurityConstraints/classification/MD_ClassificationCode"},
	"conditionapplyingtoaccessanduse": {"identificationInfo/*/resourceConstraints/*/useLimitation/*"},
	"degree":                          {conformance + "/pass/Boolean"},
	"specificationtitle":              {conformance + "/specification/CI_Citation/title/*"},
	"specificationdate":               {conformance + "/specification/CI_Citation/date/CI_Date/date/*"},
	"specificationdatetype":           {conformance + "/specification/CI_Citation/date/CI_Date/dateType/CI_DateTypeCode"},
	"servicetypeversion":              {"identificationInfo/SV_ServiceIdentification/serviceTypeVersion/*"},
	"couplingtype":                    {"identificationInfo/SV_ServiceIdentification/couplingType/SV_CouplingType"},
	"operation":                       {"identificationInfo/SV_ServiceIdentification/containsOperations/SV_OperationMetadata/operationName/*"},
	"source":                          {"dataSetURI/*"},
	"rights":                          {"identificationInfo/*/resourceConstraints/MD_LegalConstraints/accessConstraints/MD_RestrictionCode"},
	"alternative":                     {"identificationInfo/*/citation/CI_Citation/alternateTitle/*"},
}

// Where several queryables stand in documents of ISO.
const (
	dateOf      = "identificationInfo/*/citation/CI_Citation/date/CI_Date"
	contactOf   = "identificationInfo/*/pointOfContact/*"
	period      = "identificationInfo/*/extent/EX_Extent/temporalElement/EX_TemporalExtent/extent/TimePeriod"
	conformance = "dataQualityInfo/DQ_DataQuality/report/*/result/DQ_ConformanceResult"
)
