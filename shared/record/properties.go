package record

// Names of further properties, in Record.Properties, for what metadata formats say of a resource beyond the core. What
// STAC has a name for has that name, so that one question finds items and records of other formats; the rest have those
// of the ISO application profile of CSW (OGC 07-045, tables 9 to 14), or of OGC API - Records.
const (
	PropertyLanguage             = "language"         // of the metadata
	PropertyResourceLanguage     = "resourceLanguage" // of the resource
	PropertyDateStamp            = "dateStamp"        // when the metadata were last changed, by their own word
	PropertyCreationDate         = "creationDate"     // of the resource
	PropertyPublicationDate      = "publicationDate"
	PropertyRevisionDate         = "revisionDate"
	PropertyParent               = "parentIdentifier" // the record that this one belongs to
	PropertyResourceIdentifier   = "resourceIdentifier"
	PropertyAlternateTitle       = "alternateTitle"
	PropertyAlternative          = "alternative" // title, of Dublin Core
	PropertyEdition              = "edition"
	PropertyOrganisation         = "organisationName"
	PropertyRole                 = "responsiblePartyRole"
	PropertyContacts             = "contacts" // Records, 7.4 contact.yaml
	PropertyThemes               = "themes"   // Records, theme.yaml
	PropertyKeywordType          = "keywordType"
	PropertyTopicCategory        = "topicCategory"
	PropertyCRS                  = "crs"
	PropertyGeographicCode       = "geographicDescriptionCode"
	PropertyMinimumElevation     = "minimumElevation"
	PropertyMaximumElevation     = "maximumElevation"
	PropertyDenominator          = "denominator"
	PropertyDistance             = "distanceValue"
	PropertyDistanceUOM          = "distanceUOM"
	PropertySecurity             = "hasSecurityConstraints" // a boolean
	PropertyAccessConstraints    = "accessConstraints"
	PropertyUseConstraints       = "useConstraints"
	PropertyOtherConstraints     = "otherConstraints"
	PropertyClassification       = "classification"
	PropertyUseLimitation        = "conditionApplyingToAccessAndUse"
	PropertyLineage              = "lineage"
	PropertyDegree               = "degree" // a boolean: whether it conforms to the specification
	PropertySpecification        = "specificationTitle"
	PropertySpecificationDate    = "specificationDate"
	PropertySpecificationType    = "specificationDateType" // of the date
	PropertyServiceType          = "serviceType"
	PropertyServiceTypeVersion   = "serviceTypeVersion"
	PropertyCouplingType         = "couplingType"
	PropertyOperation            = "operation"
	PropertyOperatesOn           = "operatesOn"
	PropertyOperatesOnIdentifier = "operatesOnIdentifier"
	PropertyOperatesOnName       = "operatesOnName"
	PropertyFormat               = "format"
	PropertyCreator              = "creator"
	PropertyPublisher            = "publisher"
	PropertyContributor          = "contributor"
	PropertyFunder               = "funder"
	PropertyRelation             = "relation"
	PropertySource               = "source"
	PropertyRights               = "rights"
	PropertySpatial              = "spatial"
	PropertyDOI                  = "sci:doi"
	PropertyLicence              = "license"
	PropertyPlatform             = "platform"
	PropertyInstruments          = "instruments" // a list, as in STAC
	PropertySensorType           = "sensorType"
	PropertyProcessingLevel      = "processing:level"
	PropertyCloudCover           = "eo:cloud_cover"
	PropertySunElevation         = "view:sun_elevation"
	PropertyBands                = "bands"
)

// Text is a property as a text, of a list the first; empty when it is none.
func (r *Record) Text(name string) string {
	switch v := r.Properties[name].(type) {
	case string:
		return v
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				return s
			}
		}
	}
	return ""
}

// Texts is a property as a list of texts, of a single text that one.
func (r *Record) Texts(name string) []string {
	switch v := r.Properties[name].(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				texts = append(texts, s)
			}
		}
		return texts
	}
	return nil
}

// Number is a property as a number, and whether it is one.
func (r *Record) Number(name string) (n float64, ok bool) {
	n, ok = r.Properties[name].(float64)
	return n, ok
}

// SetTexts sets a property to a text, or to a list of several, each once; without any it is left as it is.
func (r *Record) SetTexts(name string, texts ...string) {
	if len(texts) == 1 {
		if texts[0] != "" {
			r.set(name, texts[0])
		}
		return
	}
	if len(texts) == 0 {
		return
	}
	seen := make(map[string]bool, len(texts))
	list := make([]any, 0, len(texts))
	for _, s := range texts {
		if s != "" && !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	switch {
	case len(list) == 0:
	case len(list) == 1:
		r.set(name, list[0])
	default:
		r.set(name, list)
	}
}

// SetNumber sets a property to a number.
func (r *Record) SetNumber(name string, n float64) { r.set(name, n) }

// SetList sets a property to a list, however long.
func (r *Record) SetList(name string, list []any) { r.set(name, list) }

// SetFlag sets a property to a boolean.
func (r *Record) SetFlag(name string, b bool) { r.set(name, b) }

func (r *Record) set(name string, v any) {
	if r.Properties == nil {
		r.Properties = map[string]any{}
	}
	r.Properties[name] = v
}
