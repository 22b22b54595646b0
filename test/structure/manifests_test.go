package structure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/local-runner/manifest"
	"perigee/manifests"
	"perigee/shared/page"
)

// load reads the manifests as local-runner does.
func load(t *testing.T) *manifest.Set {
	t.Helper()
	values := map[string]string{}
	for _, name := range []string{"DATABASE_URL", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PUBLIC_URL", "LEAFLET", "WORKSPACE_KEY"} {
		values[name] = "x"
	}
	set, err := manifest.Load(manifest.Layer{Name: "manifests/base", Files: manifests.Base()}, manifest.Layer{Name: "manifests/local", Files: manifests.Local(), Values: values})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func value(p manifest.Program, name string) string {
	for _, v := range p.Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// TestEveryFunctionHasItsManifest and every manifest its function.
func TestEveryFunctionHasItsManifest(t *testing.T) {
	set := load(t)
	var deployed []string
	for _, s := range set.Services {
		deployed = append(deployed, s.Binary)
		if s.Binary != s.Name.Name {
			t.Errorf("the service %s runs the image of %s", s.Name, s.Binary)
		}
	}
	for _, j := range set.Jobs {
		deployed = append(deployed, j.Binary)
	}
	slices.Sort(deployed)
	if names := functionNames(t); !slices.Equal(names, deployed) {
		t.Errorf("the functions are %v, the manifests run %v", names, deployed)
	}
}

// TestManifestsKeepTheContracts holds what a function's package comment says against what its manifest gives it.
func TestManifestsKeepTheContracts(t *testing.T) {
	set := load(t)
	for _, s := range set.Services {
		c := readContract(t, s.Name.Name)
		for what, name := range map[string]string{"catalogue": "DATABASE_URL", "bucket": "AWS_ENDPOINT_URL", "product configuration": "PRODUCTS"} {
			says := strings.Contains(c.Reads+c.Writes, what)
			if gets := value(s.Program, name) != ""; says != gets {
				t.Errorf("%s: the package comment speaks of the %s: %v; the manifest gives it %s: %v", s.Name, what, says, name, gets)
			}
		}
		routed := slices.ContainsFunc(set.Routes, func(r manifest.Route) bool { return r.Service == s.Name })
		if says := strings.Contains(c.In, "HTTP /") && !strings.Contains(c.In, "HTTP /internal"); says && !routed {
			t.Errorf("%s: the package comment speaks of HTTP, no route leads there", s.Name)
		}
		triggered := slices.ContainsFunc(set.Triggers, func(tr manifest.Trigger) bool {
			return tr.Subscriber.Service != nil && *tr.Subscriber.Service == s.Name
		})
		if says := strings.Contains(c.In, "event") || strings.Contains(c.In, "perigee.") || strings.Contains(c.In, "com.amazonaws"); says != triggered {
			t.Errorf("%s: the package comment speaks of events: %v; a trigger leads there: %v", s.Name, says, triggered)
		}
	}
}

// connectionBudget is what a PostgreSQL of default settings leaves for the functions.
const connectionBudget = 97

// TestConnectionBudget adds up the connections of a rollout, when the old and the new instances run side by side.
func TestConnectionBudget(t *testing.T) {
	sum := 0
	for _, s := range load(t).Services {
		connections := 0
		for _, r := range value(s.Program, "DATABASE_CONNECTIONS") {
			connections = connections*10 + int(r-'0')
		}
		if value(s.Program, "DATABASE_URL") != "" && (connections == 0 || s.MaxScale == 0) {
			t.Errorf("%s: DATABASE_CONNECTIONS %d, max-scale %d: neither may be unbounded", s.Name, connections, s.MaxScale)
		}
		sum += connections * s.MaxScale * 2
	}
	if sum > connectionBudget {
		t.Errorf("%d connections during a rollout; %d is the budget", sum, connectionBudget)
	}
}

// TestServicesAreBounded: nothing without a limit, nothing reachable that no route names.
func TestServicesAreBounded(t *testing.T) {
	for _, s := range load(t).Services {
		if s.Concurrency == 0 || s.Timeout > 10*time.Minute || s.MaxScale == 0 || s.MinScale != 0 {
			t.Errorf("%s: concurrency %d, timeout %s, scale %d to %d", s.Name, s.Concurrency, s.Timeout, s.MinScale, s.MaxScale)
		}
		if !s.ClusterLocal {
			t.Errorf("%s is reachable from outside beside the routes", s.Name)
		}
	}
}

// TestPagesLeadToRoutes: the header of every page leads to paths that are routed.
func TestPagesLeadToRoutes(t *testing.T) {
	routes := load(t).Routes
	for _, place := range page.Places() {
		if !slices.ContainsFunc(routes, func(r manifest.Route) bool {
			return r.Path == place.Path || r.Path != "/" && strings.HasPrefix(place.Path, r.Path+"/")
		}) {
			t.Errorf("pages lead to %s at %s, where no route leads", place.Name, place.Path)
		}
	}
}
