package structure

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// overlays are the folders of manifests that kustomize builds beyond the base. What a cluster gets of them is held by the
// module test/manifests (make check-manifests); here is what a new function has to bring along.
func overlays(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"overlays/*", "components/*"} {
		found, err := filepath.Glob(filepath.Join(root, "manifests", pattern))
		if err != nil || len(found) < 4 {
			t.Fatalf("%s: %d found, %v", pattern, len(found), err)
		}
		all = append(all, found...)
	}
	return all
}

// kustomization is the part of a kustomization.yaml that is looked at.
type kustomization struct {
	Resources, Components []string
	Images                []struct{ Name, NewName, NewTag string }
	Patches               []struct{ Path string }
}

func readKustomization(t *testing.T, dir string) kustomization {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var k kustomization
	if err := yaml.Unmarshal(text, &k); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return k
}

// TestImagesOfEveryFunction: a function whose image no overlay names would be pulled from nowhere.
func TestImagesOfEveryFunction(t *testing.T) {
	for _, place := range []string{"components/local-images", "overlays/production"} {
		var named []string
		for _, image := range readKustomization(t, filepath.Join(root, "manifests", place)).Images {
			named = append(named, strings.TrimPrefix(image.Name, "perigee/"))
		}
		for _, name := range functionNames(t) {
			if !slices.Contains(named, name) {
				t.Errorf("manifests/%s does not name the image perigee/%s", place, name)
			}
		}
	}
}

// TestOverlaysAreWhole: what they list is there, and what is there is listed.
func TestOverlaysAreWhole(t *testing.T) {
	for _, dir := range overlays(t) {
		k := readKustomization(t, dir)
		listed := slices.Concat(k.Resources, k.Components)
		for _, patch := range k.Patches {
			if patch.Path != "" {
				listed = append(listed, patch.Path)
			}
		}
		for _, name := range listed {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s lists %s: %v", dir, name, err)
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := path.Base(filepath.ToSlash(file))
			if name != "kustomization.yaml" && name != "cluster.yaml" && !slices.Contains(listed, name) { // cluster.yaml is for kind itself
				t.Errorf("%s is not listed", file)
			}
		}
	}
}

// TestOverlaysKeepTheBounds: the budget of connections that TestConnectionBudget adds up holds for every overlay as long as
// none of them changes what it is made of; nor may one hold a secret or open the house to the world.
func TestOverlaysKeepTheBounds(t *testing.T) {
	bounds := regexp.MustCompile(`max-scale|DATABASE_CONNECTIONS|containerConcurrency`)
	secrets := regexp.MustCompile(`(?m)^kind: Secret$|^secretGenerator:`)
	for _, dir := range overlays(t) {
		err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			if bounds.Match(text) {
				t.Errorf("%s changes a bound of the base, by which the budget of connections is reckoned", name)
			}
			if secrets.Match(text) {
				t.Errorf("%s holds a secret: overlays name them", name)
			}
			if open := strings.Contains(string(text), "AUTH: none"); open && !strings.Contains(name, "kind") && !strings.Contains(name, "minikube") {
				t.Errorf("%s lets in whoever comes", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
