package fes

import (
	"encoding/xml"
	"strings"
	"testing"

	"perigee/shared/fault"
)

// seeds are filters as clients send them.
var seeds = []string{
	v1(`<f:And><f:PropertyIsLike wildCard="*" singleChar="?" escapeChar="\" matchCase="false">` + title + `<f:Literal>*l\*r?m*</f:Literal></f:PropertyIsLike><f:BBOX><f:PropertyName>ows:BoundingBox</f:PropertyName><gml:Envelope srsName="urn:x-ogc:def:crs:EPSG:6.11:4326"><gml:lowerCorner>47.0 -4.5</gml:lowerCorner><gml:upperCorner>52.0 1.0</gml:upperCorner></gml:Envelope></f:BBOX></f:And>`),
	v1(`<f:Or><f:PropertyIsBetween><f:PropertyName>dc:date</f:PropertyName><f:LowerBoundary><f:Literal>2006-01-01</f:Literal></f:LowerBoundary><f:UpperBoundary><f:Literal>2007-01-01</f:Literal></f:UpperBoundary></f:PropertyIsBetween><f:Not><f:PropertyIsNull>` + title + `</f:PropertyIsNull></f:Not></f:Or>`),
	v1(`<f:DWithin><f:PropertyName>ows:BoundingBox</f:PropertyName><gml:Point srsName="EPSG:32633"><gml:coordinates decimal="." cs="," ts=" ">500000,5316300</gml:coordinates></gml:Point><f:Distance units="km">5</f:Distance></f:DWithin>`),
	v1(`<f:PropertyIsLessThan><f:Add><f:PropertyName>a</f:PropertyName><f:Literal>2</f:Literal></f:Add><f:Function name="f"><f:Literal>4</f:Literal></f:Function></f:PropertyIsLessThan>`),
	v1(`<f:FeatureId fid="x"/><f:GmlObjectId gml:id="y"/>`),
	v2(`<f:During><f:ValueReference>TempExtent</f:ValueReference><gml:TimePeriod gml:id="t"><gml:beginPosition>2020-01-01T00:00:00Z</gml:beginPosition><gml:endPosition>2020-02</gml:endPosition></gml:TimePeriod></f:During>`),
	v2(`<f:Within><f:ValueReference>BoundingBox</f:ValueReference><gml:MultiSurface srsDimension="3"><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 1 0 1 1 1 1 1 0 0 1</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></f:Within>`),
	v2(`<f:PropertyIsEqualTo matchAction="All" matchCase="false"><f:ValueReference>dc:subject</f:ValueReference><f:Literal>x</f:Literal></f:PropertyIsEqualTo>`),
	v2(`<f:Intersects><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></f:Intersects>`),
	v2(`<f:ResourceId rid="x"/>`),
}

// A filter is read, or refused by a failure that says why; there is nothing else.
func FuzzFES(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var e Element
		if err := xml.NewDecoder(strings.NewReader(text)).Decode(&e); err != nil {
			return
		}
		if _, err := Parse(&e, catalogue{}); err != nil && (!fault.KindOf(err).Permanent() || err.Error() == "" || fault.LocatorOf(err) == "") {
			t.Errorf("refused by %v, which is %s, at %q", err, fault.KindOf(err), fault.LocatorOf(err))
		}
	})
}

func TestSeedsAreRead(t *testing.T) {
	for _, seed := range seeds {
		if _, err := parse(seed); err != nil {
			t.Errorf("%s: %v", seed, err)
		}
	}
}
