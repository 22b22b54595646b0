package postprocess

import (
	"os"
	"testing"

	"perigee/shared/stac/stactest"
)

// TestSentinel3: HRV-13. The manifests are made for this test, in the form of real ones: a footprint across the date line,
// percentages on several grids, a relative orbit that begins at the equator.
func TestSentinel3(t *testing.T) {
	for name, want := range map[string]string{
		"S3A_OL_2_LFR____20260523T003000_20260523T003300_20260524T050403_0179_072_102_1980_LN1_O_NT_002.SEN3": "testdata/s3lfr.json",
		"S3A_SL_2_LST____20260523T003000_20260523T003300_20260524T050403_0179_072_102_1980_LN2_O_NT_004.SEN3": "testdata/s3lst.json",
	} {
		t.Run(name, func(t *testing.T) {
			home, copied := "s3://EODATA/Sentinel-3/"+name, t.TempDir()
			if err := os.CopyFS(copied, os.DirFS("testdata/"+name)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied+"/"+name[:len(name)-len(".SEN3")]+"-ql.jpg", nil, 0o600); err != nil {
				t.Fatal(err)
			}
			item := process(t, `[{"type":"external","process":"harvester_eoepca.postprocess.postprocess_sentinel3"}]`, "/eodata/Sentinel-3/"+name, folder{home, copied})
			only(t, stactest.Differences(t, item, golden(t, want, home)), nil)
		})
	}
}
