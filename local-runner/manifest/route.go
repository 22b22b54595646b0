package manifest

import (
	"regexp"
	"strings"

	"perigee/local-runner/broker"
)

// route is one path match of an HTTPRoute as it is written.
type route struct {
	Route
	at      value
	backend value
	host    host
}

// host is the name by which a rule has its backend called.
type host struct {
	at   value
	name string
}

func decodeRoutes(o *object, honoured map[string]func(value)) rest {
	routes := &[]route{}
	o.spec = routes
	honoured["spec"] = func(v value) {
		v.needs(v.fields(map[string]func(value){
			"rules": func(v value) {
				for _, item := range v.items() {
					*routes = append(*routes, decodeRule(item)...)
				}
			},
		}, rest{pointless: []string{"parentRefs"}, refused: []string{"hostnames", "useDefaultGateways"}}), "rules")
	}
	return rest{}
}

// decodeRule reads a rule: its paths, all of which lead to its one backend. A rule without a path takes every one.
func decodeRule(v value) []route {
	var found []route
	var to route
	var called host
	seen := v.fields(map[string]func(value){
		"matches": func(v value) {
			for _, item := range v.items() {
				found = append(found, decodeMatch(item))
			}
		},
		"backendRefs": func(v value) { to = decodeBackend(v) },
		"filters":     func(v value) { called = decodeHost(v) },
	}, rest{pointless: []string{"name"}, refused: []string{"timeouts", "retry", "sessionPersistence"}})
	v.needs(seen, "backendRefs")
	if !seen["matches"] {
		found = []route{{Route: Route{Type: PathPrefix, Path: "/"}, at: v}}
	}
	for i := range found {
		found[i].Service, found[i].backend, found[i].host = to.Service, to.backend, called
	}
	return found
}

// decodeHost reads the one filter that is honoured: the host by which Knative knows the backend. The runner calls a
// backend by its program, whatever the host.
func decodeHost(v value) host {
	var called host
	for _, item := range v.items() {
		item.needs(item.fields(map[string]func(value){
			"type": func(v value) { v.oneOf("URLRewrite") },
			"urlRewrite": func(v value) {
				v.needs(v.fields(map[string]func(value){
					"hostname": func(v value) { called = host{v, v.text()} },
				}, rest{refused: []string{"path"}}), "hostname")
			},
		}, rest{}), "type", "urlRewrite")
	}
	return called
}

func decodeMatch(v value) route {
	r := route{Route: Route{Type: PathPrefix, Path: "/"}, at: v}
	v.fields(map[string]func(value){
		"path": func(v value) {
			v.fields(map[string]func(value){
				"type": func(v value) {
					r.Type = PathType(v.oneOf(string(PathPrefix), string(PathExact), string(RegularExpression)))
				},
				"value": func(v value) { r.Path = v.said() },
			}, rest{})
			r.check(v)
		},
	}, rest{refused: []string{"headers", "queryParams", "method"}})
	return r
}

func (r route) check(v value) {
	switch r.Type {
	case RegularExpression:
		if _, err := regexp.Compile(r.Path); err != nil {
			v.fail("%v", err)
		}
	case PathPrefix, PathExact:
		if !strings.HasPrefix(r.Path, "/") {
			v.fail("a path starts with /, unlike %q", r.Path)
		}
	}
}

func decodeBackend(v value) route {
	var r route
	items := v.items()
	if len(items) != 1 {
		v.fail("local-runner honours exactly one backend, not %d", len(items))
	}
	for _, item := range items {
		r.backend = item
		item.needs(item.fields(map[string]func(value){
			"name":      func(v value) { r.Service.Name = v.name() },
			"namespace": func(v value) { r.Service.Namespace = v.name() },
			"port":      func(v value) { v.integer(1, 65535) },
			"kind":      func(v value) { v.oneOf("Service") },
			"group":     func(v value) { v.oneOf("serving.knative.dev") },
			"weight":    func(v value) { v.integer(1, 1_000_000) },
		}, rest{refused: []string{"filters"}}), "name")
	}
	return r
}

// routes finishes an HTTPRoute once every other object is known.
func (a *assembly) routes(o *object) []Route {
	var all []Route
	for _, r := range *o.spec.(*[]route) {
		if r.Service.Namespace == "" {
			r.Service.Namespace = o.name.Namespace
		}
		if r.Service.Name != "" {
			a.mustHave(r.backend, "Service", r.Service)
			if want := r.Service.Name + "." + r.Service.Namespace + ".svc.cluster.local"; r.host.name != "" && r.host.name != want {
				r.host.at.fail("the backend is called %s", want)
			}
		}
		key := string(r.Type) + " " + r.Path
		if first, ok := a.paths[key]; ok {
			r.at.fail("the path %s is already in %s:%d", r.Path, first.in.file, first.line)
		}
		a.paths[key] = r.at
		all = append(all, r.Route)
	}
	return all
}

// mustHave notes a reference that leads nowhere.
func (a *assembly) mustHave(at value, kind string, name broker.Name) {
	if _, ok := a.byName[kind+" "+name.String()]; !ok {
		at.fail("there is no %s %q in the namespace %s", kind, name.Name, name.Namespace)
	}
}
