package csw

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// answered is the answer to a request, a query or XML, of a server as pycsw or not.
func answered(t *testing.T, asPycsw bool, request string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/csw", nil)
	r.URL.RawQuery = request
	if strings.HasPrefix(request, "<") {
		r = httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(request))
	}
	w := httptest.NewRecorder()
	h := New(Config{Store: sample(), Path: "/csw", AsPycsw: asPycsw, Transactions: yes{}, Fetcher: yes{}})
	asked := scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer), Base: "http://eo.example"}
	h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	return w.Code, w.Body.String()
}

var exceptionCode = regexp.MustCompile(`exceptionCode="([^"]*)"`)

// codes are those of the exceptions in a report.
func codes(body string) string {
	var all []string
	for _, m := range exceptionCode.FindAllStringSubmatch(body, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

// RC-01, RC-02, RC-10: what is wrong is told by the codes of the standard, all of it; as pycsw, the first, by its codes.
func TestExceptionsAsPycsw(t *testing.T) {
	const missing, invalid, none = "MissingParameterValue", "InvalidParameterValue", "NoApplicableCode"
	const records = `<csw:GetRecords xmlns:csw="` + Namespace2 + `" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2" `
	const transaction = `<csw:Transaction xmlns:csw="` + Namespace2 + `" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2">`
	const query = `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`
	for request, want := range map[string][2]string{
		"service=CSW&request=Foo":        {missing + " " + invalid, invalid},
		"service=CSW&request=GetRecords": {missing, invalid},
		"x=y":                            {missing + " " + missing, missing},
		"service=CSW&version=2.0.2&request=GetRecords":                                                    {missing, missing},
		"service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&elementSetName=x&resultType=y": {invalid + " " + invalid, invalid},
		"service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record":                               {"", missing},
		"service=CSW&version=3.0.0&request=GetRecords":                                                    {"", ""},
		records + `><csw:Query typeNames="csw:Record"/></csw:GetRecords>`:                                 {"", invalid},
		"service=CSW&version=3.0.0&request=GetRecordById&id=none":                                         {invalid, "NotFound"},
		"service=CSW&version=2.0.2&request=GetRepositoryItem&id=none":                                     {invalid, "NotFound"},
		"service=CSW&version=3.0.0&request=GetRecords&recordIds=none":                                     {"", "NotFound"},
		"service=CSW&version=3.0.0&request=GetRecords&recordIds=S2A_1":                                    {"", ""},
		records + ">" + query:                                           {"", ""},
		records + `resultType="some">` + query:                          {invalid, none},
		records + `maxRecords="-1">` + query:                            {invalid, none},
		records + `outputFormat="text/sgml">` + query:                   {invalid, invalid},
		records + "/>":                                                  {missing, none},
		strings.Replace(records, `service="CSW"`, "", 1) + ">" + query:  {missing, none},
		transaction + `<csw:Insert><x/></csw:Insert></csw:Transaction>`: {invalid, none},
		transaction + `<csw:Delete/></csw:Transaction>`:                 {missing, none},
		transaction + `<csw:Delete><csw:Constraint><csw:CqlText>x</csw:CqlText></csw:Constraint></csw:Delete></csw:Transaction>`: {invalid, invalid},
	} {
		for i, asPycsw := range []bool{false, true} {
			if _, body := answered(t, asPycsw, request); codes(body) != want[i] {
				t.Errorf("%s, as pycsw %v: %q, want %q: %s", request, asPycsw, codes(body), want[i], body)
			}
		}
	}
}

// The position of the next record and words within words, by the standard and as pycsw.
func TestRecordsAsPycsw(t *testing.T) {
	const two, three = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief&", "service=CSW&version=3.0.0&request=GetRecords&"
	for request, want := range map[string][2]string{
		two + "maxRecords=0": {`nextRecord="1"`, `nextRecord="1"`}, three + "maxRecords=0": {`nextRecord="1"`, `nextRecord="0"`},
		two + "startPosition=9": {`nextRecord="0"`, `nextRecord="1"`}, three + "startPosition=9": {`nextRecord="0"`, `nextRecord="0"`},
		two + "maxRecords=3": {`nextRecord="4"`, `nextRecord="4"`}, two + "maxRecords=4": {`nextRecord="0"`, `nextRecord="0"`},
		three + "q=cen": {`Matched="0"`, `Matched="3"`}, three + "q=scene+2A_1": {`Matched="0"`, `Matched="1"`}, three + "q=%25": {`Matched="0"`, `Matched="0"`}, three + "q=scene": {`Matched="3"`, `Matched="3"`},
	} {
		for i, asPycsw := range []bool{false, true} {
			if _, body := answered(t, asPycsw, request); !strings.Contains(body, want[i]) {
				t.Errorf("%s, as pycsw %v: no %s in %s", request, asPycsw, want[i], body)
			}
		}
	}
}

// RC-01: a request by XML that does not say what it asks for is answered by a number; as pycsw, by records where it has a constraint.
func TestResultTypeAsPycsw(t *testing.T) {
	const request = `<csw:GetRecords xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2"TYPE><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName>CONSTRAINT</csw:Query></csw:GetRecords>`
	const constraint = `<csw:Constraint version="1.1.0"><csw:CqlText>dc:title like '%'</csw:CqlText></csw:Constraint>`
	for _, c := range []struct {
		resultType, constraint string
		records, asPycsw       bool
	}{
		{"", "", false, false}, {"", constraint, false, true}, {` resultType="hits"`, constraint, false, false}, {` resultType="results"`, "", true, true},
	} {
		asked := strings.NewReplacer("TYPE", c.resultType, "CONSTRAINT", c.constraint).Replace(request)
		for _, asPycsw := range []bool{false, true} {
			want := asPycsw && c.asPycsw || !asPycsw && c.records
			if _, body := answered(t, asPycsw, asked); strings.Contains(body, "BriefRecord") != want {
				t.Errorf("%s, as pycsw %v: %s", asked, asPycsw, body)
			}
		}
	}
}

// RC-01: as pycsw, a pattern of Filter Encoding takes no regard to case.
func TestPatternsAsPycsw(t *testing.T) {
	const like = `<csw:GetRecords xmlns:csw="` + Namespace2 + `" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2"><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName>` +
		`<csw:Constraint version="1.1.0"><ogc:Filter><ogc:PropertyIsLike wildCard="%" singleChar="_" escapeChar="\"><ogc:PropertyName>NAME</ogc:PropertyName><ogc:Literal>%SCENE%</ogc:Literal></ogc:PropertyIsLike>` +
		`</ogc:Filter></csw:Constraint></csw:Query></csw:GetRecords>`
	for name, want := range map[string][2]string{"dc:title": {"0", "3"}, "csw:AnyText": {"3", "3"}} {
		for i, asPycsw := range []bool{false, true} {
			if _, body := answered(t, asPycsw, strings.Replace(like, "NAME", name, 1)); !strings.Contains(body, `numberOfRecordsMatched="`+want[i]+`"`) {
				t.Errorf("%s, as pycsw %v: not %s in %s", name, asPycsw, want[i], body)
			}
		}
	}
}

// RC-01: as pycsw, times of a change are those that metadata tell, and dates are listed as they are written.
func TestTimesAsPycsw(t *testing.T) {
	told := record.Record{Properties: map[string]any{"dateStamp": "2009-10-09"}, Modified: day(1)}
	for text, want := range map[string][2]bool{
		"dct:modified < '2010-01-01'": {false, true}, "NOT dct:modified < '2010-01-01'": {true, false}, "apiso:Modified < '2010-01-01'": {true, true}, "dct:modified >= '2026-01-01'": {true, false},
	} {
		e := ofCQL(t, text)
		if got := [2]bool{filter.Holds(e, told), filter.Holds(asPycsw(e), told)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if keys := sortedAsPycsw([]Sort{{filter.PropertyTitle, false}, {filter.PropertyModified, true}}); keys[1] != (Sort{"dateStamp", true}) || keys[0].Property != filter.PropertyTitle {
		t.Errorf("the order is %+v", keys)
	}
	for asked, want := range map[filter.Property]filter.Property{filter.PropertyModified: stampProperty, filter.PropertyDatetime: "dc:date", filter.PropertyTitle: filter.PropertyTitle} {
		if got := domainAsPycsw(asked); got != want {
			t.Errorf("the domain of %s is that of %s", asked, got)
		}
	}
}

// RC-13: a language that there is not is answered in the first, but as pycsw refused.
func TestLanguagesAsPycsw(t *testing.T) {
	for language, want := range map[string][2]string{"eng": {"", ""}, "gre": {"", ""}, "xyz": {"", "InvalidParameterValue"}, "": {"", ""}} {
		for i, asPycsw := range []bool{false, true} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/csw?service=CSW&version=2.0.2&request=GetCapabilities&language="+language, nil)
			h := New(Config{Store: sample(), Path: "/csw", AsPycsw: asPycsw, Inspire: &Inspire{Languages: []string{"eng", "gre"}}})
			h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test")})))
			if got := codes(w.Body.String()); got != want[i] {
				t.Errorf("%s, as pycsw %v: %q, want %q", language, asPycsw, got, want[i])
			}
		}
	}
}

// RC-04: as pycsw, a time that is searched for holds that of a record, and does not only touch it.
func TestSearchedTimesAsPycsw(t *testing.T) {
	long := record.Record{Time: record.Interval{Start: day(10), End: day(20)}}
	for text, want := range map[string][2]bool{
		"2026-06-01/2026-06-30": {true, true}, "2026-06-12/2026-06-30": {true, false}, "2026-06-01/2026-06-12": {true, false}, "2026-06-05/": {true, true}, "2026-06-12/": {true, false}, "/2026-06-20": {true, true},
		"/2026-06-19": {true, false}, "2026-06-21/2026-06-30": {false, false}, "2026-06-15": {true, false},
	} {
		p := ows.ParseKVP("time=" + text)
		e := timeKVP(p)
		if got := [2]bool{filter.Holds(e, long), filter.Holds(asPycsw(e), long)}; got != want || p.Err() != nil {
			t.Errorf("%s: %v, want %v: %v", text, got, want, p.Err())
		}
	}
	if filter.Holds(asPycsw(timeKVP(ows.ParseKVP("time=2026-01-01/2026-12-31"))), record.Record{}) {
		t.Error("a record without a time is in a year")
	}
}
