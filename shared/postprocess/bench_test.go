package postprocess

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/stac/stactest"
)

// inMemory answers for files below an address.
type inMemory map[string][]byte

func (m inMemory) Read(_ context.Context, href string, _ int64) ([]byte, error) {
	if text, ok := m[href]; ok {
		return text, nil
	}
	return nil, fault.New(fault.NotFound, "there is no %s", href)
}

func (m inMemory) Exists(_ context.Context, href string) (bool, error) {
	_, ok := m[href]
	return ok, nil
}

func loaded(b *testing.B, home, path string) inMemory {
	b.Helper()
	files := inMemory{}
	err := filepath.WalkDir(path, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		files[home+"/"+filepath.ToSlash(rel)], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return files
}

// BenchmarkPostprocessors counts the items that each postprocessor makes in a second on one core, with files and services
// that are as near as can be.
func BenchmarkPostprocessors(b *testing.B) {
	for _, c := range []struct{ name, product, path string }{
		{"sentinel1", "S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13_6FF8.SAFE", "eoepca/safe/S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13_6FF8.SAFE"},
		{"sentinel2", "S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE", "eoepca/safe/S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE"},
		{"landsat", scene, "eoepca/landsat"},
	} {
		b.Run(c.name, func(b *testing.B) {
			home := "s3://bucket/" + c.product
			files := loaded(b, home, stactest.Data(b, c.path))
			through(b, fmt.Sprintf(`{"type":%q}`, c.name), []byte(`{"id":"x","properties":{"productIdentifier":"`+home+`"}}`), Reach{Files: files})
		})
	}
	b.Run("sentinel3", func(b *testing.B) {
		names, err := filepath.Glob("testdata/S3A_OL*")
		if err != nil || len(names) != 1 {
			b.Fatal(names, err)
		}
		home := "s3://bucket/" + filepath.Base(names[0])
		through(b, `{"type":"sentinel3"}`, []byte(`{"id":"x","properties":{"productIdentifier":"`+home+`"}}`), Reach{Files: loaded(b, home, names[0])})
	})
	b.Run("title", func(b *testing.B) { through(b, `{"type":"title"}`, []byte(whole), Reach{}) })
	b.Run("declarative", func(b *testing.B) {
		through(b, `{"type":"declarative","kwargs":{"rules":[{"op":"copy","from":"/id","to":"/properties/title"},{"op":"regex","field":"/id","pattern":"^(.)","replacement":"x$1"},
			{"op":"template","field":"/properties/description","text":"{/id} of {/properties/datetime}"},{"op":"rewrite_asset_hrefs","from":"/a/","to":"s3://a/"}]}}`, []byte(whole), Reach{})
	})
	b.Run("external", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { _, _ = w.Write([]byte(whole)) }))
		defer server.Close()
		through(b, fmt.Sprintf(`{"type":%q}`, server.URL), []byte(whole), Reach{Services: &posting{}})
	})
}

// through leads an item through a chain again and again.
func through(b *testing.B, chain string, item []byte, reach Reach) {
	b.Helper()
	steps, err := Read(decoded(b, chain))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := steps.Process(b.Context(), item, reach); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}
