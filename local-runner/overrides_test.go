package main

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

func TestOverrides(t *testing.T) {
	var o overrides
	for _, text := range []string{"csw:CSW_AS_PYCSW=true", "csw:TITLE=a = b:c", "stac:TITLE="} {
		if err := o.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, wrong := range []string{"", "csw", "csw:A", "A=b", ":A=b", "csw:=b"} {
		if err := o.Set(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	service := func(name string, env ...manifest.Variable) manifest.Service {
		return manifest.Service{Name: broker.Name{Name: name}, Program: manifest.Program{Env: env}}
	}
	set := &manifest.Set{Services: []manifest.Service{
		service("stac", manifest.Variable{Name: "TITLE", Value: "x"}), service("csw", manifest.Variable{Name: "A", Value: "1"}, manifest.Variable{Name: "TITLE", Value: "x"}),
	}}
	want := []manifest.Service{
		service("stac", manifest.Variable{Name: "TITLE"}),
		service("csw", manifest.Variable{Name: "A", Value: "1"}, manifest.Variable{Name: "CSW_AS_PYCSW", Value: "true"}, manifest.Variable{Name: "TITLE", Value: "a = b:c"}),
	}
	if err := o.apply(set); err != nil || !reflect.DeepEqual(set.Services, want) {
		t.Errorf("%v: %v", err, set.Services)
	}
	if o.String() != "csw:CSW_AS_PYCSW, csw:TITLE, stac:TITLE" {
		t.Errorf("told as %s", &o)
	}
}

// A function that the manifests do not have is told before anything is started.
func TestOverridesOfNoFunction(t *testing.T) {
	h := &house{settings: settings{env: overrides{{function: "nobody"}}}}
	if _, err := h.checkManifests(context.Background()); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("%v", err)
	}
	h.env[0].function = "csw"
	if _, err := h.checkManifests(context.Background()); err != nil {
		t.Error(err)
	}
}
