package csw

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/ows"
	"perigee/shared/scope"
)

var between = regexp.MustCompile(`>\s+<`)

// answerOf is what is answered to a query where the protocol is spoken so, without space between its elements.
func answerOf(t *testing.T, c Config, query string) string {
	t.Helper()
	c.Store, c.Path = sample(), "/csw"
	r := httptest.NewRequest("GET", "/csw?service=CSW&"+query, nil)
	w := httptest.NewRecorder()
	New(c).ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test"), Base: "http://eo.example"})))
	validate(t, w.Body.Bytes())
	return between.ReplaceAllString(w.Body.String(), "><")
}

// RC-16: server.maxrecords is how many records an answer has where a request does not say, and at most; capabilities tell it.
func TestPageSize(t *testing.T) {
	const asking = "version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief"
	for _, c := range []struct {
		size  int
		query string
		want  string
	}{
		{0, asking, `numberOfRecordsReturned="4"`}, {2, asking, `numberOfRecordsReturned="2"`}, {2, asking + "&maxRecords=1", `numberOfRecordsReturned="1"`},
		{2, asking + "&maxRecords=3", `numberOfRecordsReturned="2"`}, {2, asking + "&maxRecords=3", `nextRecord="3"`},
		{3, "version=3.0.0&request=GetRecords&typeNames=csw:Record&maxRecords=unlimited", `numberOfRecordsReturned="3"`},
		{25, "version=2.0.2&request=GetCapabilities", `<ows:Constraint name="MaxRecordDefault"><ows:Value>25</ows:Value>`},
		{5000, "version=2.0.2&request=GetCapabilities", `<ows:Constraint name="MaxRecordDefault"><ows:Value>1000</ows:Value>`},
	} {
		if got := answerOf(t, Config{PageSize: c.size}, c.query); !strings.Contains(got, c.want) {
			t.Errorf("of a size %d, %s is answered without %s: %s", c.size, c.query, c.want, got)
		}
	}
}

// RC-16: with server.domainquerytype range GetDomain tells the ends of the values, those of types in the words of the protocol.
func TestDomainRange(t *testing.T) {
	for query, want := range map[string]string{
		"version=2.0.2&request=GetDomain&propertyName=dc:type":                "<csw:RangeOfValues><csw:MinValue>dataset</csw:MinValue><csw:MaxValue>series</csw:MaxValue></csw:RangeOfValues>",
		"version=3.0.0&request=GetDomain&valueReference=dc:type":              "<csw:RangeOfValues><csw:MinValue>dataset</csw:MinValue><csw:MaxValue>series</csw:MaxValue></csw:RangeOfValues>",
		"version=2.0.2&request=GetDomain&propertyName=dc:date":                "<csw:MinValue>2026-06-10T10:00:00Z</csw:MinValue>",
		"version=2.0.2&request=GetDomain&propertyName=eo:platform":            "<csw:PropertyName>eo:platform</csw:PropertyName></csw:DomainValues>",
		"version=2.0.2&request=GetDomain&parameterName=GetRecords.resultType": "<csw:ListOfValues>",
	} {
		if got := answerOf(t, Config{DomainRange: true}, query); !strings.Contains(got, want) {
			t.Errorf("%s is answered without %s: %s", query, want, got)
		}
	}
}

// RC-16: with server.domaincounts GetDomain of 2.0.2 tells how many records have a value as pycsw does; that of 3.0.0 tells it anyway.
func TestDomainCounts(t *testing.T) {
	const asking2, asking3 = "version=2.0.2&request=GetDomain&propertyName=dc:type", "version=3.0.0&request=GetDomain&valueReference=dc:type"
	for _, c := range []struct {
		counts bool
		query  string
		want   string
	}{
		{false, asking2, "<csw:Value>dataset</csw:Value><csw:Value>series</csw:Value>"},
		{true, asking2, "<csw:Value>dataset (3)</csw:Value><csw:Value>series (1)</csw:Value>"},
		{false, asking3, `<csw:Value count="3">dataset</csw:Value><csw:Value count="1">series</csw:Value>`},
		{true, asking3, `<csw:Value count="3">dataset</csw:Value><csw:Value count="1">series</csw:Value>`},
		{true, "version=2.0.2&request=GetDomain&parameterName=GetRecords.resultType", "<csw:Value>hits</csw:Value>"},
	} {
		if got := answerOf(t, Config{DomainCounts: c.counts}, c.query); !strings.Contains(got, c.want) {
			t.Errorf("with counts %t, %s is answered without %s: %s", c.counts, c.query, c.want, got)
		}
	}
}

// RC-16: all that pycsw is told of who offers the service is in the capabilities of both versions, which are valid.
func TestProvider(t *testing.T) {
	c := Config{
		Service: ows.Service{Title: "Catalogue", Keywords: []string{"eo"}, KeywordsType: "theme", Provider: ows.Provider{Name: "Perigee", Site: "https://eo.example", Contact: ows.Contact{
			Person: "N. N.", Phone: "1", City: "Vienna", Site: "https://eo.example/help", Hours: "by day", Instructions: "write", Role: "pointOfContact",
		}}},
	}
	for _, version := range []string{"2.0.2", "3.0.0"} {
		got := answerOf(t, c, "request=GetCapabilities&version="+version)
		for _, want := range []string{
			`<ows:Type codeSpace="ISOTC211/19115">theme</ows:Type>`, `xlink:href="https://eo.example/help"`, "<ows:HoursOfService>by day<", "<ows:ContactInstructions>write<",
			`<ows:Role codeSpace="ISOTC211/19115">pointOfContact</ows:Role>`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("capabilities of %s have no %s: %s", version, want, got)
			}
		}
	}
}

// RC-13: the language of INSPIRE's capabilities is asked by its own name, and by that which pycsw has for it.
func TestLanguage(t *testing.T) {
	h := handler{Config: Config{Inspire: &Inspire{Languages: []string{"eng", "gre"}}}}
	for query, want := range map[string]string{"": "eng", "language=gre": "gre", "lang=gre": "gre", "LANG=fre": "eng", "acceptLanguages=fre,gre": "gre"} {
		if got := h.language(ows.ParseKVP(query)); got != want {
			t.Errorf("%s asks for %s, not %s", query, got, want)
		}
	}
}
