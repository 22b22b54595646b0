package safe

import (
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/xmldoc"
)

// IsDescription tells whether a document with a root element of the name is one by which a product is described as a whole:
// its manifest, or the metadata of a product of Sentinel-2.
func IsDescription(root string) bool {
	return root == "XFDU" || root == "Level-1C_User_Product" || root == "Level-2A_User_Product"
}

// Footprint is what of the earth a product shows, by a document that describes it as a whole (REG-27). One that does not say
// is fault.Invalid.
func Footprint(description []byte) (orb.Geometry, error) {
	root, err := xmldoc.Parse(description, "informationPackageMap", "processing", "Auxiliary_Data_Info")
	if err != nil {
		return nil, fault.At(fault.Invalid, "product_metadata", "the product's metadata: %w", err)
	}
	if !IsDescription(root.Local) {
		return nil, fault.New(fault.Unsupported, "the root element is %.60s, which describes no product of Sentinel-1, -2 or -3", root.Local)
	}
	at, text := "", ""
	if root.Local == "XFDU" {
		frames := Manifest{root: root}.metadata("measurementFrameSet")
		for _, at = range []string{"frameSet/frame/footPrint/coordinates", "frameSet/footPrint/coordinates", "frameSet/footPrint/posList"} {
			if text = frames.Find(at).Text(); text != "" {
				break
			}
		}
	} else {
		at, text = outline2, root.Find(outline2).Text()
	}
	w := &xmldoc.Wanted{File: root.Local}
	outline := exactPositions(w, at, text)
	if outline == nil {
		return nil, w.Err()
	}
	return geo.Footprint(outline), nil
}
