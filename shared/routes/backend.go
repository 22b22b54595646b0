package routes

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"perigee/shared/yamlfile"
)

// kwargs are those of all backends, of which each class has some.
type kwargs struct {
	Database  string   `yaml:"repository_database_uri"` // of the original's catalogue; here all records are in one
	OWS       string   `yaml:"ows_url"`
	PublicS3  string   `yaml:"public_s3_url"`
	BasePath  string   `yaml:"instance_base_path"` // of the original's renderer, as is its name
	Instance  string   `yaml:"instance_name"`
	Products  []any    `yaml:"product_types"`
	Auto      bool     `yaml:"auto_create_product_types"`
	Visible   []string `yaml:"automatic_visibilities"`
	Tolerance float64  `yaml:"simplify_footprint_tolerance"`
}

// cataloguing and drawing are the names of the kwargs that the two families of backends know.
var (
	cataloguing = []string{"repository_database_uri", "ows_url", "public_s3_url"}
	drawing     = []string{"instance_base_path", "instance_name", "product_types", "auto_create_product_types", "automatic_visibilities", "simplify_footprint_tolerance"}
)

// backends reads a list of backends for a kind of route.
func (l loader) backends(node ast.Node, kind Kind) ([]Backend, error) {
	if node == nil || node.Type() == ast.NullType {
		return nil, nil
	}
	if _, ok := node.(*ast.SequenceNode); !ok {
		return nil, l.At(node, "backends", "a list of backends is expected here, not %s", node.Type())
	}
	var all []Backend
	var errs []error
	for _, one := range list(node) {
		b, err := l.backend(one, kind)
		if err == nil && slices.ContainsFunc(all, func(o Backend) bool { return o.Kind == b.Kind }) {
			err = l.At(one, "backends", "there are two backends of one class, which would do the same")
		}
		all, errs = append(all, b), append(errs, err)
	}
	return all, errors.Join(errs...)
}

func (l loader) backend(node ast.Node, of Kind) (Backend, error) {
	at, err := l.Map(node)
	if err != nil {
		return Backend{}, err
	}
	var written struct {
		Path   string         `yaml:"path"`
		Kwargs map[string]any `yaml:"kwargs"`
	}
	if err := l.Decode(at, &written); err != nil {
		return Backend{}, err
	}
	kind, known := backendKinds[written.Path]
	switch {
	case !known:
		return Backend{}, l.At(nearest(at, "path"), "path", "there is no class of backends %q", written.Path)
	case !slices.Contains(taken[of], kind):
		return Backend{}, l.At(nearest(at, "path"), "path", "the backend %q takes no documents of such a route", written.Path)
	}
	b := Backend{Kind: kind}
	return b, l.kwargs(yamlfile.Child(at, "kwargs"), &b)
}

func (l loader) kwargs(node ast.Node, b *Backend) error {
	if node == nil || node.Type() == ast.NullType {
		return nil
	}
	at, err := l.Map(node)
	if err != nil {
		return err
	}
	known := cataloguing
	if b.Kind == DataAccess {
		known = drawing
	}
	var errs []error
	for _, e := range at.Values {
		if key := e.Key.GetToken().Value; !slices.Contains(known, key) {
			errs = append(errs, l.At(e.Key, key, "unknown key %q", key))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var k kwargs
	if err := l.Decode(at, &k); err != nil {
		return err
	}
	b.OWS, b.PublicS3 = k.OWS, k.PublicS3
	b.Auto, b.Visible, b.Tolerance = k.Auto, k.Visible, k.Tolerance
	for _, p := range k.Products {
		name, ok := nameOf(p)
		if !ok {
			errs = append(errs, l.At(nearest(at, "product_types"), "product_types", "a product type is given by its name: productTypes says what it is"))
		}
		b.ProductTypes = append(b.ProductTypes, name)
	}
	return errors.Join(append(errs, l.plausible(at, *b))...)
}

// nameOf is the name of a product type, which stands alone or in a map.
func nameOf(p any) (string, bool) {
	if m, ok := p.(map[string]any); ok {
		p = m["name"]
	}
	name, ok := p.(string)
	return name, ok && name != ""
}

// plausible checks the values of a backend.
func (l loader) plausible(at *ast.MappingNode, b Backend) error {
	var errs []error
	for key, address := range map[string]string{"ows_url": b.OWS, "public_s3_url": b.PublicS3} {
		if address != "" && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			errs = append(errs, l.At(nearest(at, key), key, "%q is no address", address))
		}
	}
	for _, v := range b.Visible {
		if v != ServiceWMS && v != ServiceWCS {
			errs = append(errs, l.At(nearest(at, "automatic_visibilities"), "automatic_visibilities", "products are listed by %s and %s, not by %q", ServiceWMS, ServiceWCS, v))
		}
	}
	if b.Tolerance < 0 || b.Tolerance > 10 || math.IsNaN(b.Tolerance) {
		errs = append(errs, l.At(nearest(at, "simplify_footprint_tolerance"), "simplify_footprint_tolerance", "%g degrees are no tolerance of footprints: 0 to 10 are", b.Tolerance))
	}
	return errors.Join(errs...)
}
