package csw

import (
	"strings"
	"testing"
)

// RC-09: entries of feeds lead to the document of their record (RFC 4287, clause 4.1.2), which is answered there.
func TestEntriesLeadToDocuments(t *testing.T) {
	for _, set := range []string{"brief", "full"} {
		_, body := get(t, "mode=opensearch&recordIds=S2A_1&elementSetName="+set)
		const address = "csw?service=CSW&amp;version=2.0.2&amp;request=GetRepositoryItem&amp;id=S2A_1"
		if !strings.Contains(body, `<link rel="alternate" href="http://eo.example/`+address+`" type="application/geo+json"/>`) {
			t.Errorf("%s: %s", set, body)
		}
	}
	if status, _ := get(t, "service=CSW&version=2.0.2&request=GetRepositoryItem&id=S2A_1"); status != 200 {
		t.Errorf("the document is answered %d", status)
	}
}
