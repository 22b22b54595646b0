package safe

import (
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/xmldoc"
)

// observation is the root element of a product's metadata by the profile of Observations and Measurements for Earth
// observation (OGC 10-157r4), as they lie beside products of other missions.
const observation = "EarthObservation"

// IsDescription tells whether a document with a root element of the name is one by which a product is described as a whole:
// its manifest, the metadata of a product of Sentinel-2, or those of any product as an observation.
func IsDescription(root string) bool {
	return root == "XFDU" || root == "Level-1C_User_Product" || root == "Level-2A_User_Product" || root == observation
}

// Footprint is what of the earth a product shows, by a document that describes it as a whole (REG-27). One that does not say
// is fault.Invalid.
func Footprint(description []byte) (orb.Geometry, error) {
	root, err := xmldoc.Parse(description, "informationPackageMap", "processing", "Auxiliary_Data_Info")
	if err != nil {
		return nil, fault.At(fault.Invalid, "product_metadata", "the product's metadata: %w", err)
	}
	if !IsDescription(root.Local) {
		return nil, fault.New(fault.Unsupported, "the root element is %.60s, which describes no product that is known here", root.Local)
	}
	at, texts := outlines(root)
	w := &xmldoc.Wanted{File: root.Local}
	var all orb.MultiPolygon
	for _, text := range texts {
		outline := exactPositions(w, at, text)
		if outline == nil {
			return nil, w.Err()
		}
		switch g := geo.Footprint(outline).(type) {
		case orb.Polygon:
			all = append(all, g)
		case orb.MultiPolygon:
			all = append(all, g...)
		}
	}
	switch len(all) {
	case 0:
		w.Fail(at, "is missing")
		return nil, w.Err()
	case 1:
		return all[0], nil
	}
	return all, nil
}

// maxOutlines bounds the surfaces of one product.
const maxOutlines = 100

// outlines are the positions of the outlines of what a product shows, and where they stand.
func outlines(root *xmldoc.Node) (at string, texts []string) {
	switch root.Local {
	case "XFDU":
		frames := Manifest{root: root}.metadata("measurementFrameSet")
		for _, at = range []string{"frameSet/frame/footPrint/coordinates", "frameSet/footPrint/coordinates", "frameSet/footPrint/posList"} {
			if text := frames.Find(at).Text(); text != "" {
				return at, []string{text}
			}
		}
	case observation:
		at = "featureOfInterest/Footprint/multiExtentOf/MultiSurface/*/Polygon/exterior/LinearRing/posList"
		texts = root.TextsAt(at)
	default:
		at, texts = outline2, root.TextsAt(outline2)
	}
	return at, texts[:min(len(texts), maxOutlines)]
}
