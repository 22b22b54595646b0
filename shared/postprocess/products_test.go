package postprocess

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
)

// folder answers for files below an address with those of a folder.
type folder struct{ address, path string }

func (f folder) file(href string) (string, bool) {
	rest, ok := strings.CutPrefix(href, f.address)
	return filepath.Join(f.path, filepath.FromSlash(rest)), ok
}

func (f folder) Read(_ context.Context, href string, limit int64) ([]byte, error) {
	name, ok := f.file(href)
	if !ok {
		return nil, fault.New(fault.Forbidden, "%s is elsewhere", href)
	}
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return nil, fault.New(fault.NotFound, "there is no %s", href)
	}
	if int64(len(text)) > limit {
		return nil, fault.New(fault.Invalid, "%s is larger than %d bytes", href, limit)
	}
	return text, err
}

func (f folder) Exists(_ context.Context, href string) (bool, error) {
	name, ok := f.file(href)
	_, err := os.Stat(name)
	return ok && err == nil, nil
}

// process leads the item of a product through a chain.
func process(t *testing.T, chain, product string, files Files) []byte {
	t.Helper()
	steps, err := Read(decoded(t, chain))
	if err != nil {
		t.Fatal(err)
	}
	item, err := steps.Process(context.Background(), []byte(`{"id":"x","properties":{"productIdentifier":"`+product+`"}}`), Reach{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stac.DecodeItem(item); err != nil {
		t.Errorf("what comes out is no item: %v", err)
	}
	return item
}

// golden is the STAC item that lies beside a product, with the addresses of its assets within the folder of the product.
func golden(t *testing.T, name, home string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(text, []byte(`"./`), []byte(`"`+home+`/`))
}

// only removes the differences that are meant to be, each of which has to occur.
func only(t *testing.T, differences []string, meant map[string]string) {
	t.Helper()
	for pattern, why := range meant {
		is := regexp.MustCompile("^" + pattern)
		if !slices.ContainsFunc(differences, is.MatchString) {
			t.Errorf("nothing differs at %s, though: %s", pattern, why)
		}
		differences = slices.DeleteFunc(differences, is.MatchString)
	}
	for _, d := range differences {
		t.Error(d)
	}
}

// TestSentinel2: HRV-11. The items agree with those that stactools makes, field by field, but where it says.
func TestSentinel2(t *testing.T) {
	both := map[string]string{
		`\.id: S2A_MSIL[12][AC]_\S+\.SAFE, not`:              "EOEPCA's harvester sets the identifier of the product",
		`\.collection: S2MSI[12][AC], not missing`:           "EOEPCA's harvester sets the type of the product",
		`\.properties\.title: S2A_MSI\S+\.SAFE, not missing`: "EOEPCA's harvester sets it",
		`\.properties\.created: missing`:                     "the moment of conversion would make each item differ from the one before, of the same product",
	}
	for _, c := range []struct {
		name  string
		meant map[string]string
	}{
		{"S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE", nil},
		{"S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE", map[string]string{
			`\.assets\.scl(_60m)?\.raster:bands\[0\]\.classification:classes\[\d+\]\.description`: "the names and values of classes are given, their descriptions are our words",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := stactest.Data(t, "eoepca/safe/"+c.name)
			home := "s3://EODATA/Sentinel-2/MSI/" + c.name
			item := process(t, `[{"type":"harvester_eoepca.postprocess.CREODIASOpenSearchSentinel2Postprocessor"}]`, "/eodata/Sentinel-2/MSI/"+c.name, folder{home, path})
			meant := map[string]string{}
			for _, all := range []map[string]string{both, c.meant} {
				for pattern, why := range all {
					meant[pattern] = why
				}
			}
			only(t, stactest.Differences(t, item, golden(t, path+"/expected_output.json", home)), meant)
		})
	}
}

// TestSentinel2QuickLook: HRV-11, a picture beside the product becomes its thumbnail when it is there.
func TestSentinel2QuickLook(t *testing.T) {
	const name = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248"
	path, copied := stactest.Data(t, "eoepca/safe/"+name+".SAFE"), t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied+"/"+name+"-ql.jpg", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	home := "s3://eodata/S2/" + name + ".SAFE"
	item, err := stac.DecodeItem(process(t, `{"type":"sentinel2","kwargs":{"eodata":"s3://eodata","asset_keys":"bands","collection":"mine"}}`, "/eodata/S2/"+name+".SAFE/", folder{home, copied}))
	if err != nil {
		t.Fatal(err)
	}
	asset, _ := item.Asset("thumbnail")
	if asset.Href != home+"/"+name+"-ql.jpg" || item.Collection != "mine" {
		t.Errorf("%+v of %q", asset, item.Collection)
	}
	for _, key := range []string{"B01", "B8A", "B12", "visual", "preview", "safe_manifest"} {
		if _, ok := item.Asset(key); !ok {
			t.Errorf("there is no %s", key)
		}
	}
}

// TestProductsThatCannotBeRead: each says what is wrong, and whether it may pass.
func TestProductsThatCannotBeRead(t *testing.T) {
	empty := folder{"s3://EODATA/", t.TempDir()}
	for _, c := range []struct {
		typ, item string
		kind      fault.Kind
	}{
		{"sentinel2", `{"id":"x","properties":{}}`, fault.Invalid},
		{"sentinel2", `{"id":"x","properties":{"productIdentifier":"../etc/passwd"}}`, fault.Invalid},
		{"sentinel2", `{"id":"x","properties":{"productIdentifier":"file:///etc/passwd"}}`, fault.Invalid},
		{"sentinel2", `{"id":"x","properties":{"productIdentifier":"/eodata/X.SAFE"}}`, fault.NotFound},
		{"sentinel2", `{"id":"x","properties":{"productIdentifier":"s3://other/X.SAFE"}}`, fault.Forbidden},
		{"sentinel1", `{"id":"x","properties":{"productIdentifier":"/eodata/S1A_IW_OCN__2SDV.SAFE"}}`, fault.Unsupported},
		{"landsat", `{"id":"x","properties":{"productIdentifier":"/eodata/LC08"}}`, fault.NotFound},
		{"sentinel3", `[]`, fault.Invalid},
	} {
		p, err := Lookup(c.typ, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p(context.Background(), []byte(c.item), Reach{Files: empty}); fault.KindOf(err) != c.kind {
			t.Errorf("%s of %s: %v (%v)", c.typ, c.item, err, fault.KindOf(err))
		}
		if _, err := p(context.Background(), []byte(c.item), Reach{}); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("without files: %v", err)
		}
	}
}
