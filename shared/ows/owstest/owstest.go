// Package owstest checks the documents of web services in tests: against golden files and against the OGC's schemas.
package owstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"perigee/shared/datatest"
	"testing"
)

// Golden compares a document with testdata/name. With PERIGEE_UPDATE=1 in the environment it writes the file instead.
func Golden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("PERIGEE_UPDATE") == "1" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (PERIGEE_UPDATE=1 writes it)", err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (PERIGEE_UPDATE=1 rewrites it)\n got: %s\nwant: %s", path, got, want)
	}
}

// Validate checks a document against a schema of the OGC's repository, named from its root (wms/1.3.0/…), or of another
// that refers to them, named by its whole path, with xmllint and without network. The schemas are not part of this
// repository: they are read from the folder $PERIGEE_SHARED, by default ../shared beside the repository, and the test is
// skipped where that is absent.
func Validate(t testing.TB, schema string, document []byte) {
	t.Helper()
	root := schemas(t)
	if !filepath.IsAbs(schema) {
		schema = filepath.Join(root, "SCHEMAS_OPENGIS_NET", schema)
	}
	lint(t, schema, filepath.Join(root, "catalog.xml"), document)
}

// ValidateCSW2 checks a document against a schema of CSW 2.0.2 (CSW-publication.xsd), as Validate does.
func ValidateCSW2(t testing.TB, schema string, document []byte) {
	t.Helper()
	root := filepath.Join(datatest.Folder(t), "data", "schemas", "pycsw-ogc")
	lint(t, filepath.Join(root, "ogc", "csw", "2.0.2", schema), filepath.Join(root, "catalog.xml"), document)
}

// ValidateCSW3 checks a document against a schema of CSW 3.0 (cswAll.xsd), as Validate does. That came later than the rest of the
// repository, of which it has a folder of its own.
func ValidateCSW3(t testing.TB, schema string, document []byte) {
	t.Helper()
	root, tree := schemas(t), t.TempDir()
	if err := os.MkdirAll(filepath.Join(tree, "cat", "csw"), 0o700); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{"cat/csw/3.0": filepath.Join(datatest.Folder(t), "data", "schemas", "pycsw-ogc", "ogc", "cat", "csw", "3.0")}
	for _, name := range []string{"ows", "filter", "gml", "iso", "xlink", "ic"} {
		links[name] = filepath.Join(root, "SCHEMAS_OPENGIS_NET", name)
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(tree, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	lint(t, filepath.Join(tree, "cat", "csw", "3.0", schema), filepath.Join(root, "catalog.xml"), document)
}

// ValidateEOWCS checks a document of the Web Coverage Service against the schema of its application profile for earth observation
// (wcsEOAll.xsd), as Validate does.
func ValidateEOWCS(t testing.TB, document []byte) {
	t.Helper()
	root := schemas(t)
	lint(t, filepath.Join(root, "wcs", "wcseo", "1.0", "wcsEOAll.xsd"), filepath.Join(root, "catalog.xml"), document)
}

// lint checks a document against a schema.
func lint(t testing.TB, schema, catalogue string, document []byte) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "document.xml")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	lint := exec.Command("xmllint", "--nonet", "--noout", "--schema", schema, path)
	lint.Env = append(os.Environ(), "XML_CATALOG_FILES="+catalogue+" "+withAddresses(t, dir))
	if said, err := lint.CombinedOutput(); err != nil {
		t.Errorf("not valid against %s: %v (xmllint is in the package libxml2-utils)\n%s\n%s", schema, err, said, document)
	}
}

// withAddresses writes a catalogue with the one element of OASIS' schema of postal addresses that the schema of KML refers
// to; it is not among the OGC's.
func withAddresses(t testing.TB, dir string) string {
	t.Helper()
	catalogue := filepath.Join(dir, "addresses.catalogue.xml")
	for name, text := range map[string]string{
		catalogue: `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog"><uri name="http://docs.oasis-open.org/election/external/xAL.xsd" uri="addresses.xsd"/>` +
			`<system systemId="http://docs.oasis-open.org/election/external/xAL.xsd" uri="addresses.xsd"/></catalog>`,
		filepath.Join(dir, "addresses.xsd"): `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0"><element name="AddressDetails"/></schema>`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return catalogue
}

// ValidateDTD checks a document against the document type definition of the OGC's repository that it names, as Validate does: with
// what it declares itself.
func ValidateDTD(t testing.TB, dtd string, document []byte) {
	t.Helper()
	root := schemas(t)
	path := filepath.Join(t.TempDir(), "document.xml")
	local := filepath.Join(root, "SCHEMAS_OPENGIS_NET", dtd)
	document = bytes.Replace(document, []byte("http://schemas.opengis.net/"+dtd), []byte(local), 1)
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	lint := exec.Command("xmllint", "--nonet", "--noout", "--valid", path)
	if said, err := lint.CombinedOutput(); err != nil {
		t.Errorf("not valid against %s: %v\n%s\n%s", dtd, err, said, document)
	}
}

// schemas unpacks the archive of schemas once per machine, into a folder of temporary files named after its state.
func schemas(t testing.TB) string {
	t.Helper()
	archive := filepath.Join(datatest.Folder(t), "data", "schemas", "ogc-schemas.tgz")
	info, err := os.Stat(archive)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(os.TempDir(), fmt.Sprintf("perigee-ogc-schemas-%d-%d-%d", os.Getuid(), info.Size(), info.ModTime().Unix()))
	if _, err := os.Stat(root); err == nil {
		return root
	}
	fresh, err := os.MkdirTemp("", "perigee-ogc-schemas")
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("tar", "xzf", archive, "-C", fresh).CombinedOutput(); err != nil {
		t.Fatalf("unpacking %s: %v\n%s", archive, err, said)
	}
	if err := os.Rename(fresh, root); err != nil { // another test was faster
		_ = os.RemoveAll(fresh)
	}
	return root
}
