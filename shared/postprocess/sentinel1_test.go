package postprocess

import (
	"testing"

	"perigee/shared/stac/stactest"
)

// TestSentinel1: HRV-12. There are no items beside the products; what must come out is written here, as the manifests say
// it. Outlines run counterclockwise (RFC 7946), times say that they are UTC, platforms are written as STAC writes them,
// and a complex product has the images of all its swaths.
func TestSentinel1(t *testing.T) {
	for _, c := range []struct{ name, chain, want string }{
		{"S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13_6FF8.SAFE",
			`[{"type":"external","process":"harvester_eoepca.postprocess.postprocess_sentinel1","kwargs":{}}]`, "testdata/s1grd.json"},
		{"S1A_IW_SL1__1_SH_20141031T095929_20141031T100002_003072_003842_91FC.SAFE",
			`{"type":"harvester_eoepca.postprocess.CREODIASOpenSearchSentinel1Postprocessor"}`, "testdata/s1slc.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := "s3://EODATA/Sentinel-1/SAR/" + c.name
			item := process(t, c.chain, "/eodata/Sentinel-1/SAR/"+c.name, folder{home, stactest.Data(t, "eoepca/safe/"+c.name)})
			only(t, stactest.Differences(t, item, golden(t, c.want, home)), nil)
		})
	}
}
