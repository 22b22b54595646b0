package metadata

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/record"
)

// demands are what the texts of standards demand of documents in full, of those formats whose schemas are not at hand to be validated against:
// the elements that there have to be, by their paths, and of the root's the order.
var demands = map[string]struct{ required, order []string }{
	// ISO/TS 19115-3:2016, mdb 2.0: MD_Metadata has a contact, a date and an identification, and its elements are a sequence.
	"http://standards.iso.org/iso/19115/-3/mdb/2.0": {
		[]string{"metadataIdentifier/MD_Identifier/code", "contact", "dateInfo", "identificationInfo"},
		[]string{"metadataIdentifier", "defaultLocale", "parentMetadata", "metadataScope", "contact", "dateInfo", "metadataStandard", "metadataProfile", "alternativeMetadataReference", "otherLocale", "metadataLinkage", "spatialRepresentationInfo", "referenceSystemInfo", "metadataExtensionInfo", "identificationInfo", "contentInfo", "distributionInfo", "dataQualityInfo", "resourceLineage", "portrayalCatalogueInfo", "metadataConstraints", "applicationSchemaInfo", "metadataMaintenance", "acquisitionInformation"},
	},
	// The writer's guide of DIF 9: eight elements are required. The terms of Parameters, which are there, and ISO_Topic_Category are words of
	// closed lists, which have none for what is not known: they are left empty, and out.
	"http://gcmd.gsfc.nasa.gov/Aboutus/xml/dif/": {
		[]string{"Entry_ID", "Entry_Title", "Parameters/Category", "Data_Center/Data_Center_Name/Short_Name", "Data_Center/Personnel/Role", "Data_Center/Personnel/Last_Name", "Summary", "Metadata_Name", "Metadata_Version"},
		[]string{"Entry_ID", "Entry_Title", "Data_Set_Citation", "Personnel", "Discipline", "Parameters", "ISO_Topic_Category", "Keyword", "Sensor_Name", "Source_Name", "Temporal_Coverage", "Paleo_Temporal_Coverage", "Data_Set_Progress", "Spatial_Coverage", "Location", "Data_Resolution", "Project", "Quality", "Access_Constraints", "Use_Constraints", "Data_Set_Language", "Originating_Center", "Data_Center", "Distribution", "Multimedia_Sample", "Reference", "Summary", "Related_URL", "Parent_DIF", "IDN_Node", "Originating_Metadata_Node", "Metadata_Name", "Metadata_Version", "DIF_Creation_Date", "Last_DIF_Revision_Date", "DIF_Revision_History", "Future_DIF_Review_Date", "Private"},
	},
	// FGDC-STD-001-1998: sections 1 and 7 are mandatory, and within them these; and the bounding coordinates (1.5.1), which have no word for
	// what is not known and are left out then.
	"http://www.opengis.net/cat/csw/csdgm": {
		[]string{
			"idinfo/citation/citeinfo/origin", "idinfo/citation/citeinfo/pubdate", "idinfo/citation/citeinfo/title", "idinfo/descript/abstract", "idinfo/descript/purpose", "idinfo/timeperd/timeinfo", "idinfo/timeperd/current",
			"idinfo/status/progress", "idinfo/status/update", "idinfo/keywords/theme/themekt",
			"idinfo/keywords/theme/themekey", "idinfo/accconst", "idinfo/useconst", "metainfo/metd", "metainfo/metc/cntinfo", "metainfo/metstdn", "metainfo/metstdv",
		},
		[]string{"idinfo", "dataqual", "spdoinfo", "spref", "eainfo", "distinfo", "metainfo"},
	},
	// GM03 2.1 in INTERLIS 2.3: a transfer has a head that tells its version and its sender, and baskets by the names of their topics.
	"http://www.interlis.ch/INTERLIS2.3": {
		[]string{"HEADERSECTION", "DATASECTION/GM03_2_1Comprehensive.Comprehensive/GM03_2_1Core.Core.MD_Metadata/fileIdentifier"},
		[]string{"HEADERSECTION", "DATASECTION"},
	},
	// DataCite 4: six properties are mandatory.
	"http://datacite.org/schema/kernel-4": {
		[]string{"identifier", "creators/creator/creatorName", "titles/title", "publisher", "publicationYear", "resourceType"},
		nil, // any
	},
	// RFC 4287, clause 4.1.2: an entry has one id, title and updated, and somebody who wrote it.
	"http://www.w3.org/2005/Atom": {[]string{"id", "title", "updated", "author/name"}, nil},
}

// RC-03: what standards demand is in every document that is made, whatever is known of the record.
func TestWhatStandardsDemand(t *testing.T) {
	records := []record.Record{
		{Key: record.Key{ID: "bare"}, Type: "dataset"},
		{Key: record.Key{Collection: "S2", ID: "item"}, Type: record.TypeItem, Title: "An item", Time: record.Interval{Start: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}, Footprint: orb.Point{16, 48}},
		{Key: record.Key{ID: "service"}, Type: "service", Title: "Maps", Abstract: "Of lakes"},
	}
	for _, document := range samples(t) {
		rec, err := Decode(document)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rec)
	}
	for namespace, demanded := range demands {
		f := ByNamespace(namespace)
		if f == nil {
			t.Fatalf("there is no format %s", namespace)
		}
		for i := range records {
			if f.Came(&records[i]) {
				continue // it is what it was
			}
			document := f.Append(nil, &records[i], dublincore.Full)
			paths, top := outline(t, document)
			for _, path := range demanded.required {
				if !paths[path] {
					t.Errorf("%s in %s has no %s:\n%s", records[i].ID, namespace, path, document)
				}
			}
			last := -1
			for _, name := range top {
				at := slices.Index(demanded.order, name)
				if demanded.order != nil && at < last {
					t.Errorf("%s in %s: %s is out of order, or none of the standard's:\n%s", records[i].ID, namespace, name, document)
				}
				last = max(last, at)
			}
		}
	}
}

// outline are the paths of the elements of a document that have content or attributes (as one that says why it has none), by local names below
// its root, and the names below the root.
func outline(t *testing.T, document []byte) (paths map[string]bool, top []string) {
	t.Helper()
	paths = map[string]bool{}
	var at []string
	for d := xml.NewDecoder(strings.NewReader(string(document))); ; {
		token, err := d.Token()
		if err == io.EOF {
			return paths, top
		}
		if err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		said := false
		switch token := token.(type) {
		case xml.StartElement:
			if at = append(at, token.Name.Local); len(at) == 2 {
				top = append(top, token.Name.Local)
			}
			said = len(token.Attr) > 0
		case xml.CharData:
			said = strings.TrimSpace(string(token)) != ""
		case xml.EndElement:
			at = at[:len(at)-1]
		}
		for i := 2; said && i <= len(at); i++ {
			paths[strings.Join(at[1:i], "/")] = true
		}
	}
}
