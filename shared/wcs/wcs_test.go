package wcs

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// shelf is a store of one coverage in memory, which remembers what was cut.
type shelf struct {
	cut Cut
	set SetQuery
}

func scene() Coverage {
	begin := time.Date(2026, 6, 10, 10, 0, 0, 0, time.UTC)
	zero := 0.
	return Coverage{
		ID: "S2A_B04", Product: "S2A", Time: record.Interval{Start: begin, End: begin.Add(20 * time.Second)}, Footprint: orb.Bound{Min: orb.Point{15, 48}, Max: orb.Point{16, 49}}.ToPolygon(),
		Grid:   geo.Grid{CRS: 32633, Transform: [6]float64{500000, 10, 0, 5400000, 0, -10}, Width: 100, Height: 80, DataType: "UInt16"},
		Fields: []Field{{Name: "B04", Description: "red", NoData: &zero}, {Name: "B03"}, {Name: "B02"}},
	}
}

func (s *shelf) Contents(context.Context, scope.Scope, Conditions) (Contents, error) {
	return Contents{Coverages: []Coverage{scene()}, Series: []Series{{ID: "S2L2A", Title: "Sentinel <2>", Bounds: orb.Bound{Min: orb.Point{15, 48}, Max: orb.Point{16, 49}}, Time: scene().Time}}, Sequence: 7}, nil
}

func (s *shelf) Coverages(_ context.Context, _ scope.Scope, ids []string) ([]Coverage, error) {
	var all []Coverage
	for _, id := range ids {
		if id == "S2A_B04" {
			all = append(all, scene())
		}
	}
	return all, nil
}

func (s *shelf) Set(_ context.Context, _ scope.Scope, q SetQuery) (Set, error) {
	if s.set = q; q.IDs[0] != "S2L2A" {
		return Set{Unknown: q.IDs}, nil
	}
	return Set{Coverages: []Coverage{scene()}, Series: []Series{{ID: "S2L2A", Bounds: orb.Bound{Max: orb.Point{1, 1}}, Time: scene().Time}}, Matched: 2}, nil
}

func (s *shelf) Cut(_ context.Context, _ scope.Scope, c Cut) (Piece, error) {
	if s.cut = c; c.OutputCRS == 999 {
		return nil, fault.At(fault.Invalid, "crs", "not known")
	}
	return c, nil
}

// A Cut is a Piece here, of some bytes.
func (c Cut) Place() geo.Grid   { return c.Coverage.Grid }
func (c Cut) EntityTag() string { return "tag" }
func (c Cut) Open(context.Context, time.Duration) (Content, error) {
	return bytes.NewReader([]byte("II*\x00 and so on")), nil
}

func serve(s *shelf, r *http.Request) *httptest.ResponseRecorder {
	handler := Handler(s, Config{Service: ows.Service{Title: "Coverages"}, Formats: []string{"image/tiff", "image/png"}, Extensions: func(string) string { return "tif" }})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("", ""), Base: "https://eo.example"})))
	return w
}

func ask(s *shelf, query string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/ows", nil)
	r.URL.RawQuery = strings.NewReplacer(`"`, "%22", " ", "%20").Replace(query)
	return serve(s, r)
}

// RND-10: the documents are those of the golden files, and valid.
func TestDocuments(t *testing.T) {
	for name, query := range map[string]string{
		"capabilities.xml": "request=GetCapabilities", "coverage.xml": "version=2.0.1&request=DescribeCoverage&coverageId=S2A_B04,S2A_B04",
		"set.xml": "version=2.0.1&request=DescribeEOCoverageSet&eoId=S2L2A", "sections.xml": "request=GetCapabilities&sections=CoverageSummary", "current.xml": "request=GetCapabilities&updateSequence=7",
	} {
		w := ask(&shelf{}, "service=WCS&"+query)
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/xml" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		owstest.Golden(t, name, w.Body.Bytes())
		t.Run(name, func(t *testing.T) { owstest.ValidateEOWCS(t, w.Body.Bytes()) })
	}
}

// RND-10: each failure has the code, the locator and the status that the standards give it.
func TestExceptions(t *testing.T) {
	const get = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=S2A_B04"
	for query, want := range map[string]string{
		"service=WCS": "400 MissingParameterValue request", "service=WCS&request=Get": "501 OperationNotSupported request", "service=WCS&request=GetCapabilities&acceptVersions=3.0.0": "400 VersionNegotiationFailed acceptversions",
		"service=WCS&request=GetCapabilities&sections=Some": "400 InvalidParameterValue sections", "service=WCS&request=GetCapabilities&updateSequence=9": "400 InvalidUpdateSequence updateSequence",
		"service=WCS&version=2.0.1&request=DescribeCoverage": "400 MissingParameterValue coverageId", "service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=": "404 emptyCoverageIdList coverageId",
		"service=WCS&version=2.0.1&request=DescribeCoverage&coverageId=NOPE": "404 NoSuchCoverage NOPE", "service=WCS&version=2.0.1&request=GetCoverage&coverageId=NOPE": "404 NoSuchCoverage NOPE",
		"service=WCS&version=1.0&request=GetCoverage&coverageId=S2A_B04": "400 InvalidParameterValue version",
		get + "&subset=foo(1,2)": "404 InvalidAxisLabel foo", get + "&subset=x(2,1)": "404 InvalidSubsetting subset", get + "&subset=x(a,1)": "404 InvalidSubsetting subset", get + "&subset=x": "404 InvalidSubsetting subset",
		get + "&subset=x(1,2)&subset=x(1,2)": "404 InvalidAxisLabel x", get + "&subset=x(1,2)&subset=lat(1,2)": "404 InvalidSubsetting subset", get + "&subsettingCrs=moon": "404 SubsettingCrs-NotSupported subsettingCrs",
		get + "&outputCrs=moon": "404 OutputCrs-NotSupported outputCrs", get + "&outputCrs=EPSG:999": "404 OutputCrs-NotSupported outputCrs", get + "&format=image/bmp": "400 InvalidParameterValue format",
		get + "&mediaType=text/plain": "400 InvalidParameterValue mediaType", get + "&rangeSubset=B05": "404 NoSuchField B05", get + "&rangeSubset=B02:B04": "404 InvalidFieldSequence B02:B04",
		get + "&scaleFactor=0": "404 InvalidScaleFactor 0", get + "&scaleSize=x(0)": "404 InvalidExtent 0", get + "&scaleExtent=x(5:2)": "404 InvalidExtent 5:2", get + "&scaleAxes=z(2)": "404 ScaleAxisUndefined z",
		get + "&scaleFactor=2&scaleSize=x(1)": "400 InvalidParameterValue scaleSize", get + "&interpolation=guess": "404 InterpolationMethodNotSupported interpolation",
		get + "&geotiff:compression=zip": "404 CompressionInvalid geotiff:compression", get + "&geotiff:compression=Huffman": "404 CompressionNotSupported geotiff:compression", get + "&geotiff:jpeg_quality=50": "404 JpegQualityInvalid geotiff:jpeg_quality",
		get + "&geotiff:predictor=Horizontal": "404 PredictorNotSupported geotiff:predictor", get + "&geotiff:predictor=odd": "404 PredictorInvalid geotiff:predictor", get + "&geotiff:interleave=Line": "404 InterleavingInvalid geotiff:interleave",
		get + "&geotiff:tiling=true&geotiff:tilewidth=17":         "404 TilingInvalid geotiff:tilewidth",
		"service=WCS&version=2.0.1&request=DescribeEOCoverageSet": "400 MissingParameterValue eoId", "service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoId=NOPE": "404 NoSuchDatasetSeriesOrCoverage NOPE",
		"service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoId=S2L2A&containment=near": "400 InvalidParameterValue containment", "service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoId=S2L2A&subset=z(1,2)": "404 InvalidAxisLabel z",
		`service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoId=S2L2A&subset=phenomenonTime("yesterday","today")`: "404 InvalidSubsetting subset",
	} {
		w := ask(&shelf{}, query)
		status, rest, _ := strings.Cut(want, " ")
		code, locator, _ := strings.Cut(rest, " ")
		if fmt.Sprint(w.Code) != status || !strings.Contains(w.Body.String(), `exceptionCode="`+code+`" locator="`+locator+`"`) {
			t.Errorf("%s: %s, not %d %s", query, want, w.Code, w.Body)
		}
	}
}

// RND-10: a request in XML asks for the same as its key-value pairs.
func TestPosted(t *testing.T) {
	const posted = `<wcs:GetCoverage xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:scal="http://www.opengis.net/wcs/scaling/1.0" xmlns:rsub="http://www.opengis.net/wcs/range-subsetting/1.0"
 xmlns:int="http://www.opengis.net/wcs/interpolation/1.0" xmlns:wcscrs="http://www.opengis.net/wcs/crs/1.0" xmlns:geotiff="http://www.opengis.net/gmlcov/geotiff/1.0" service="WCS" version="2.0.1"><wcs:Extension>
<scal:ScaleToSize><scal:TargetAxisSize><scal:axis>x</scal:axis><scal:targetSize>10</scal:targetSize></scal:TargetAxisSize></scal:ScaleToSize>
<rsub:RangeSubset><rsub:RangeItem><rsub:RangeComponent>B02</rsub:RangeComponent></rsub:RangeItem><rsub:RangeItem><rsub:RangeInterval><rsub:startComponent>B04</rsub:startComponent><rsub:endComponent>B03</rsub:endComponent></rsub:RangeInterval></rsub:RangeItem></rsub:RangeSubset>
<int:Interpolation><int:globalInterpolation>http://www.opengis.net/def/interpolation/OGC/1/bilinear</int:globalInterpolation></int:Interpolation>
<wcscrs:subsettingCrs>http://www.opengis.net/def/crs/EPSG/0/4326</wcscrs:subsettingCrs><wcscrs:outputCrs>http://www.opengis.net/def/crs/EPSG/0/3857</wcscrs:outputCrs>
<geotiff:parameters><geotiff:compression>Deflate</geotiff:compression></geotiff:parameters></wcs:Extension><wcs:CoverageId>S2A_B04</wcs:CoverageId>
<wcs:DimensionTrim><wcs:Dimension>lat</wcs:Dimension><wcs:TrimLow>48.1</wcs:TrimLow></wcs:DimensionTrim><wcs:format>image/tiff</wcs:format></wcs:GetCoverage>`
	var byXML, byPairs shelf
	w := serve(&byXML, httptest.NewRequest(http.MethodPost, "/ows", strings.NewReader(posted)))
	other := ask(&byPairs, "service=WCS&version=2.0.1&request=GetCoverage&coverageId=S2A_B04&scaleSize=x(10)&rangeSubset=B02,B04:B03&interpolation=bilinear&subsettingCrs=EPSG:4326&outputCrs=EPSG:3857&geotiff:compression=deflate&subset=lat(48.1,*)")
	if w.Code != 200 || other.Code != 200 || w.Body.String() != other.Body.String() {
		t.Fatalf("%d %s, %d %s", w.Code, w.Body, other.Code, other.Body)
	}
	if a, b := told(byXML.cut), told(byPairs.cut); a != b || !strings.Contains(a, "[2 0 1]") {
		t.Errorf("%s, not %s", a, b)
	}
}

func told(c Cut) string {
	edges := ""
	for _, e := range []*float64{c.Min[0], c.Min[1], c.Max[0], c.Max[1]} {
		if e != nil {
			edges += fmt.Sprint(*e)
		}
		edges += ";"
	}
	return fmt.Sprint(c.Fields, c.SubsettingCRS, edges, c.OutputCRS, c.Scale, c.Interpolation, c.Format, c.GeoTIFF)
}

// Identifiers come back as the texts that they were made of.
func TestIdentifier(t *testing.T) {
	for text, want := range map[string]string{"S2A_B04": "S2A_B04", "urn:x": "urn_x003A_x", "2026": "_x0032_026", "ä b": "ä_x0020_b"} {
		if got := Identifier(text); got != want || Text(got) != text {
			t.Errorf("%q: %q, %q", text, got, Text(got))
		}
	}
}

// No request, as pairs or as XML, makes the service fail by itself.
func FuzzRequests(f *testing.F) {
	f.Add("subset=x(1,2)&scaleExtent=x(1:2)&rangeSubset=1:3", "")
	f.Add("", `<GetCoverage xmlns="http://www.opengis.net/wcs/2.0"><CoverageId>S2A_B04</CoverageId></GetCoverage>`)
	f.Fuzz(func(t *testing.T, query, posted string) {
		r := httptest.NewRequest(http.MethodGet, "/ows", nil)
		if r.URL.RawQuery = "service=WCS&version=2.0.1&request=GetCoverage&coverageId=S2A_B04&" + query; posted != "" {
			r = httptest.NewRequest(http.MethodPost, "/ows", strings.NewReader(posted))
		}
		if code := serve(&shelf{}, r).Code; code >= 500 && code != http.StatusNotImplemented {
			t.Errorf("%q %q: %d", query, posted, code)
		}
	})
}
