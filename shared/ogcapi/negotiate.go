package ogcapi

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// Format is a way an answer can be written: the values of the parameter f that ask for it, and its media type.
type Format struct {
	Names     []string
	MediaType string
}

// The formats of this house's APIs. Features answers to both names because clients use both.
var (
	JSON    = Format{[]string{"json"}, MediaTypeJSON}
	GeoJSON = Format{[]string{"json", "geojson"}, MediaTypeGeoJSON}
	HTML    = Format{[]string{"html"}, MediaTypeHTML}
)

// Format chooses among the offered formats by the parameter f, else by the Accept header, else the first.
func (p *Params) Format(r *http.Request, offered ...Format) Format {
	name := p.Text("f")
	if !p.values.Has("f") {
		return negotiate(r.Header.Values("Accept"), offered)
	}
	var names []string
	for _, format := range offered {
		for _, n := range format.Names {
			if n == name {
				return format
			}
			names = append(names, n)
		}
	}
	p.Fail(fault.At(fault.Invalid, "f", "f is %q, not one of %s", name, strings.Join(names, ", ")))
	return offered[0]
}

// negotiate finds the offered format that the client likes best, the first of equals (RFC 9110, 12.5.1). A client that
// likes none gets the first: an answer that it may be able to read is better than a refusal.
func negotiate(accept []string, offered []Format) Format {
	best, liking := offered[0], 0.0
	for _, format := range offered {
		if q := format.quality(accept); q > liking {
			best, liking = format, q
		}
	}
	return best
}

// quality is the weight that a header gives the format. What takes JSON takes what is written in it: GeoJSON, schemas,
// descriptions.
func (f Format) quality(accept []string) float64 {
	q := quality(accept, f.MediaType)
	if kind, _, _ := strings.Cut(f.MediaType, ";"); strings.HasSuffix(kind, "+json") {
		q = max(q, quality(accept, MediaTypeJSON))
	}
	return q
}

// quality is the weight the most specific range of the header gives a media type.
func quality(accept []string, mediaType string) float64 {
	offered, _, _ := mime.ParseMediaType(mediaType)
	kind, _, _ := strings.Cut(offered, "/")
	weight, precision := 0.0, 0
	for one := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		wanted, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		p := map[string]int{"*/*": 1, kind + "/*": 2, offered: 3}[wanted]
		if p > precision {
			precision, weight = p, qualityValue(params["q"])
		}
	}
	return weight
}

func qualityValue(text string) float64 {
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) { // NaN is neither
		return 1
	}
	return q
}
