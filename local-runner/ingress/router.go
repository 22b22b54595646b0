package ingress

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

// Router leads paths to services.
type Router struct {
	routes []route // the first that matches counts
}

type route struct {
	manifest.Route
	pattern *regexp.Regexp
	to      http.Handler
}

// NewRouter prepares the routes of the manifests; an exact path comes before others, and a longer one before a shorter.
func NewRouter(routes []manifest.Route, service func(broker.Name) http.Handler) (*Router, error) {
	r := &Router{}
	for _, of := range routes {
		one := route{Route: of, to: service(of.Service)}
		if of.Type == manifest.RegularExpression {
			pattern, err := regexp.Compile("^(?:" + of.Path + ")$")
			if err != nil {
				return nil, fmt.Errorf("the route to %s: %w", of.Service, err)
			}
			one.pattern = pattern
		}
		r.routes = append(r.routes, one)
	}
	slices.SortStableFunc(r.routes, func(a, b route) int { return b.weight() - a.weight() })
	return r, nil
}

// exactly outweighs the length of any path.
const exactly = 1 << 20

func (r route) weight() int {
	if r.Type == manifest.PathExact {
		return exactly + len(r.Path)
	}
	return len(r.Path)
}

func (r *Router) find(path string) http.Handler {
	for _, one := range r.routes {
		if one.matches(path) {
			return one.to
		}
	}
	return nil
}

// matches compares as HTTPPathMatch says: a prefix counts by whole elements of the path.
func (r route) matches(path string) bool {
	switch r.Type {
	case manifest.PathExact:
		return path == r.Path
	case manifest.RegularExpression:
		return r.pattern.MatchString(path)
	default:
		prefix := strings.TrimSuffix(r.Path, "/")
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
}
