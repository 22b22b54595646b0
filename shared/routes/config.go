package routes

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"perigee/shared/yamlfile"
)

// settings are the keys beside the routes. Those before release 1.2 of the original mean the same as those after.
type settings struct {
	DisableDefaultRoute     bool           `yaml:"disableDefaultRoute"`
	DisableDefaultEOxServer bool           `yaml:"disableDefaultEoxserver"`
	DefaultSuccessQueue     string         `yaml:"defaultSuccessQueue"`
	DefaultBackends         []any          `yaml:"defaultBackends"`
	Backends                []any          `yaml:"backends"`
	PathBackends            []any          `yaml:"pathBackends"`
	Routes                  map[string]any `yaml:"routes"`
	Sources                 []any          `yaml:"sources"`
	Redis                   map[string]any `yaml:"redis"` // where the original's queues are, and of no effect here
}

// config reads the top level.
func (l loader) config(root *ast.MappingNode) (Config, error) {
	var s settings
	if err := l.Decode(root, &s); err != nil {
		return Config{}, err
	}
	var c Config
	var errs []error
	further, err := l.backendsAt(root, Items, "defaultBackends", "backends")
	errs = append(errs, err)
	if !s.DisableDefaultRoute && !s.DisableDefaultEOxServer {
		standard := defaultRoute(further)
		if s.DefaultSuccessQueue != "" {
			standard.Output = s.DefaultSuccessQueue
		}
		c.Routes = append(c.Routes, standard)
	}
	onPaths, err := l.backendsAt(root, Path, "pathBackends")
	errs = append(errs, err)
	if len(onPaths) > 0 {
		c.Routes = append(c.Routes, Route{Name: "path", Kind: Path, Queue: QueuePaths, Backends: onPaths, HrefField: HrefField})
	}
	errs = append(errs, l.routes(root, &c))
	if _, taken := c.Route(QueuePaths); !taken && !s.DisableDefaultRoute && !s.DisableDefaultEOxServer {
		c.Routes = append(c.Routes, pathsLike(c.Routes[0]))
	}
	errs = append(errs, l.outputs(root, c), l.sources(root, &c))
	return c, errors.Join(errs...)
}

func (l loader) backendsAt(root *ast.MappingNode, kind Kind, keys ...string) ([]Backend, error) {
	var all []Backend
	var errs []error
	for _, key := range keys {
		list, err := l.backends(yamlfile.Child(root, key), kind)
		all, errs = append(all, list...), append(errs, err)
	}
	return all, errors.Join(errs...)
}

func (l loader) routes(root *ast.MappingNode, c *Config) error {
	at := yamlfile.Child(root, "routes")
	if at == nil || at.Type() == ast.NullType {
		return nil
	}
	named, err := l.Map(at)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range named.Values {
		r, err := l.route(e.Key.GetToken().Value, e.Value)
		if err == nil {
			err = l.alone(e, r, *c)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.Routes = append(c.Routes, r)
	}
	return errors.Join(errs...)
}

// alone refuses a route that takes the messages of another one.
func (l loader) alone(e *ast.MappingValueNode, r Route, c Config) error {
	for _, o := range c.Routes {
		switch {
		case o.Queue == r.Queue && o.Name == "items" && o.Kind == Items:
			return l.At(e.Key, "queue", "route %s: the default route takes the messages of %s; disableDefaultRoute: true leaves them to another", r.Name, r.Queue)
		case o.Queue == r.Queue:
			return l.At(e.Key, "queue", "route %s: the route %s takes the messages of %s already", r.Name, o.Name, r.Queue)
		}
	}
	return nil
}

// entry is a route as it is written.
type entry struct {
	Path    string `yaml:"path"`
	Queue   string `yaml:"queue"`
	Replace bool   `yaml:"replace"`
	Kwargs  struct {
		HrefField string `yaml:"href_field"`
	} `yaml:"kwargs"`
	Output   string `yaml:"output_queue"`
	Success  string `yaml:"success_queue"` // as releases before 1.2 call it
	Handlers struct {
		Pre   []handler `yaml:"pre"`
		Post  []handler `yaml:"post"`
		Error []handler `yaml:"error"`
	} `yaml:"handlers"`
	Backends []any `yaml:"backends"`
}

type handler struct {
	Path   string         `yaml:"path"`
	Kwargs map[string]any `yaml:"kwargs"`
}

func (l loader) route(name string, node ast.Node) (Route, error) {
	at, err := l.Map(node)
	if err != nil {
		return Route{}, err
	}
	var e entry
	if err := l.Decode(at, &e); err != nil {
		return Route{}, err
	}
	kind, known := routeKinds[e.Path]
	switch {
	case !known:
		return Route{}, l.At(nearest(at, "path"), "path", "route %s: there is no class of routes %q", name, e.Path)
	case e.Queue == "":
		return Route{}, l.At(at, "queue", "route %s: the key %q is missing here", name, "queue")
	case e.Kwargs.HrefField != "" && kind != JSON:
		return Route{}, l.At(nearest(at, "kwargs"), "href_field", "route %s: href_field belongs to %q", name, "registrar.route.json.JSONRoute")
	}
	r := Route{Name: name, Kind: kind, Queue: queueOf(e.Queue), Replace: e.Replace, HrefField: HrefField, Output: e.Output}
	if e.Kwargs.HrefField != "" {
		r.HrefField = e.Kwargs.HrefField
	}
	if r.Output == "" {
		r.Output = e.Success
	}
	if r.Backends, err = l.backends(yamlfile.Child(at, "backends"), kind); err != nil {
		return Route{}, err
	}
	if len(r.Backends) == 0 {
		return Route{}, l.At(at, "backends", "route %s: no backend is named: its documents would go nowhere", name)
	}
	return r, l.handlers(at, e, &r)
}

// handlers are addresses: code of the original's own, which runs in its process, runs behind one.
func (l loader) handlers(at *ast.MappingNode, e entry, r *Route) error {
	var errs []error
	take := func(into *[]string, list []handler, when string) {
		for _, h := range list {
			if !strings.HasPrefix(h.Path, "http://") && !strings.HasPrefix(h.Path, "https://") {
				errs = append(errs, l.At(nearest(at, "handlers"), "handlers."+when, "route %s: the handler %q is no address: what it does is served by http, and named by that", r.Name, h.Path))
				continue
			}
			if len(h.Kwargs) > 0 {
				errs = append(errs, l.At(nearest(at, "handlers"), "handlers."+when, "route %s: a handler that is an address takes no kwargs", r.Name))
			}
			*into = append(*into, h.Path)
		}
	}
	take(&r.Pre, e.Handlers.Pre, "pre")
	take(&r.Post, e.Handlers.Post, "post")
	take(&r.Error, e.Handlers.Error, "error")
	return errors.Join(errs...)
}

// outputs refuses queues that nobody listens to, and circles.
func (l loader) outputs(root *ast.MappingNode, c Config) error {
	var errs []error
	for _, r := range c.Routes {
		if r.Output == "" || r.Output == QueueSeed {
			continue
		}
		at := l.outputAt(root, r)
		if _, known := c.Route(r.Output); !known {
			errs = append(errs, l.At(at, "output_queue", "route %s: no route takes the messages of %q; who wants to be told of what was registered subscribes to the events of items", r.Name, r.Output))
		} else if c.circular(r) {
			errs = append(errs, l.At(at, "output_queue", "route %s: its output comes back to it", r.Name))
		}
	}
	return errors.Join(errs...)
}

// outputAt is where the output of a route is written.
func (l loader) outputAt(root *ast.MappingNode, r Route) ast.Node {
	if at, err := l.below(root, "routes", r.Name); err == nil && at != nil {
		return nearest(at, "output_queue")
	}
	return nearest(root, "defaultSuccessQueue")
}

func (c Config) circular(from Route) bool {
	at := from
	for range c.Routes {
		next, ok := c.Route(at.Output)
		if at.Output == "" || !ok {
			return false
		}
		if next.Queue == from.Queue {
			return true
		}
		at = next
	}
	return true
}

// nearest is the value of a key, or the map where it is missing.
func nearest(at *ast.MappingNode, key string) ast.Node {
	if node := yamlfile.Child(at, key); node != nil {
		return node
	}
	return at
}

func list(node ast.Node) []ast.Node {
	if s, ok := node.(*ast.SequenceNode); ok {
		return slices.Clone(s.Values)
	}
	return nil
}
