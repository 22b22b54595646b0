package wcs

import (
	"net/url"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/xmldoc"
)

// pairsOf reads a request that came as XML (09-148r1) as the key-value pairs that say the same: there is one way to read them.
func pairsOf(document []byte) (url.Values, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the body of the request cannot be read: %w", err)
	}
	if !strings.HasPrefix(root.Space, "http://www.opengis.net/wcs/") && !strings.HasPrefix(root.Space, "http://www.opengis.net/wcseo/") {
		return nil, ows.Invalid("request", "%q of the namespace %q is no request to a Web Coverage Service", root.Local, root.Space)
	}
	pairs := posted{url.Values{"request": {root.Local}}}
	pairs.add("service", root.Attr("service"))
	pairs.add("version", root.Attr("version"))
	pairs.add("count", root.Attr("count"))
	pairs.add("startIndex", root.Attr("startIndex"))
	pairs.add("updateSequence", root.Attr("updateSequence"))
	pairs.list("acceptVersions", root.TextsAt("AcceptVersions/Version"))
	pairs.list("acceptFormats", root.TextsAt("AcceptFormats/OutputFormat"))
	pairs.list("sections", append(root.TextsAt("Sections/Section"), root.TextsAt("sections/section")...))
	pairs.list("coverageId", root.TextsAt("CoverageId"))
	pairs.list("eoId", root.TextsAt("eoId"))
	pairs.add("containment", root.TextAt("containment"))
	pairs.add("format", root.TextAt("format"))
	pairs.add("mediaType", root.TextAt("mediaType"))
	pairs.subsets(root)
	for extension := range root.All("Extension") {
		pairs.extension(extension)
	}
	return pairs.Values, nil
}

// posted are pairs that are made of a document.
type posted struct{ url.Values }

func (p posted) add(name, value string) {
	if value != "" {
		p.Values.Add(name, value)
	}
}

func (p posted) list(name string, values []string) { p.add(name, strings.Join(values, ",")) }

func (p posted) subsets(root *xmldoc.Node) {
	open := func(bound string) string {
		if bound == "" {
			return "*"
		}
		return bound
	}
	for trim := range root.All("DimensionTrim") {
		dimension := trim.Find("Dimension")
		axis := dimension.Text()
		if crs := dimension.Attr("crs"); crs != "" {
			axis += "," + crs
		}
		p.Values.Add("subset", axis+"("+open(trim.TextAt("TrimLow"))+","+open(trim.TextAt("TrimHigh"))+")")
	}
	for slice := range root.All("DimensionSlice") {
		p.Values.Add("subset", slice.TextAt("Dimension")+"("+slice.TextAt("SlicePoint")+")")
	}
}

// extension reads what the extensions of the service add to GetCoverage.
func (p posted) extension(e *xmldoc.Node) {
	for name := range e.Below("*") {
		switch name.Local {
		case "subsettingCrs", "outputCrs", "scaleFactor":
			if name.Local != "scaleFactor" || name.Space != "" && !within(e, "ScaleAxis", name) {
				p.add(name.Local, name.Text())
			}
		case "globalInterpolation":
			p.add("interpolation", name.Text())
		case "RangeSubset", "rangeSubset":
			p.list("rangeSubset", rangeItems(name))
		case "ScaleAxesByFactor":
			p.axes("scaleAxes", name, "ScaleAxis", "scaleFactor")
		case "ScaleToSize":
			p.axes("scaleSize", name, "TargetAxisSize", "targetSize")
		case "ScaleToExtent":
			p.axes("scaleExtent", name, "TargetAxisExtent", "low", "high")
		case "compression", "jpeg_quality", "predictor", "interleave", "tiling", "tilewidth", "tileheight":
			p.add("geotiff:"+name.Local, name.Text())
		}
	}
}

// within tells whether an element lies in one of a name.
func within(root *xmldoc.Node, name string, element *xmldoc.Node) bool {
	for around := range root.Below(name) {
		for one := range around.Children() {
			if one == element {
				return true
			}
		}
	}
	return false
}

func rangeItems(subset *xmldoc.Node) []string {
	var items []string
	for item := range subset.All("RangeItem") {
		if one := item.TextAt("RangeComponent"); one != "" {
			items = append(items, one)
		}
		for interval := range item.All("RangeInterval") {
			items = append(items, interval.TextAt("startComponent")+":"+interval.TextAt("endComponent"))
		}
	}
	return items
}

// axes reads what is said of each axis.
func (p posted) axes(name string, all *xmldoc.Node, each string, values ...string) {
	var list []string
	for one := range all.All(each) {
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = one.TextAt(value)
		}
		list = append(list, one.TextAt("axis")+"("+strings.Join(texts, ":")+")")
	}
	p.list(name, list)
}
