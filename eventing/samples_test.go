package eventing

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
)

// schemaOf names the schema of the data of a type of events; texts have none.
func schemaOf(kind string) string {
	switch {
	case strings.HasSuffix(kind, ".delete"):
		return ""
	case strings.HasPrefix(kind, "com.amazonaws.s3."):
		return "object.json"
	case strings.HasPrefix(kind, "org.ogc.api.collection.item."):
		return "item.json"
	case strings.HasPrefix(kind, "org.ogc.api.collection."):
		return "collection.json"
	case kind == TypeHarvestRequested, kind == TypePing:
		return "harvest-requested.json"
	case kind == TypeWorkspaceCreated, kind == TypeWorkspaceDeleted:
		return "workspace.json"
	case kind == TypeWorkspaceProducts:
		return "workspace-products.json"
	case kind == TypeRegisterFailed:
		return "register-failed.json"
	case kind == TypeSeedRequested:
		return "seed-requested.json"
	case kind == TypeAcknowledged:
		return "acknowledged.json"
	case kind == TypeAnswered:
		return "answered.json"
	}
	return "register-requested.json"
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// Every sample is a valid event whose data keeps to its schema; every schema has a sample.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("samples/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	used := map[string]bool{}
	for _, file := range files {
		var e event.Event
		readJSON(t, file, &e)
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		name := schemaOf(e.Type())
		if name == "" {
			if e.DataContentType() != event.TextPlain || string(e.Data()) != e.Subject() {
				t.Errorf("%s: the data of a deletion is %s of %s", file, e.Data(), e.DataContentType())
			}
			continue
		}
		used[name] = true
		var s schema
		readJSON(t, filepath.Join("schemas", name), &s)
		var data any
		if err := json.Unmarshal(e.Data(), &data); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		s.check(t, file, s.Defs, data)
	}
	schemas, err := filepath.Glob("schemas/*.json")
	if err != nil || len(schemas) != len(used) {
		t.Errorf("the samples use %v of %v", used, schemas)
	}
}

// schema is as much of JSON Schema as the schemas here use.
type schema struct {
	Ref        string            `json:"$ref"`
	Defs       map[string]schema `json:"$defs"`
	Type       any               `json:"type"`
	Const      any               `json:"const"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Additional *bool             `json:"additionalProperties"`
	Items      *schema           `json:"items"`
	MinItems   int               `json:"minItems"`
	MaxItems   *int              `json:"maxItems"`
	AnyOf      []schema          `json:"anyOf"`
}

func (s schema) check(t *testing.T, at string, defs map[string]schema, v any) {
	t.Helper()
	if s.Ref != "" {
		s = defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	if s.Const != nil && s.Const != v {
		t.Errorf("%s is %v, not %v", at, v, s.Const)
	}
	switch v := v.(type) {
	case map[string]any:
		s.checkObject(t, at, defs, v)
	case []any:
		if len(v) < s.MinItems || (s.MaxItems != nil && len(v) > *s.MaxItems) {
			t.Errorf("%s has %d elements", at, len(v))
		}
		for _, e := range v {
			s.Items.check(t, at+"[]", defs, e)
		}
	case string:
		if s.Type != "string" && s.Const == nil {
			t.Errorf("%s is a text, not %v", at, s.Type)
		}
	}
}

func (s schema) checkObject(t *testing.T, at string, defs map[string]schema, v map[string]any) {
	t.Helper()
	lacks := func(s schema) bool {
		return slices.ContainsFunc(s.Required, func(name string) bool { _, ok := v[name]; return !ok })
	}
	if lacks(s) || (len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, func(s schema) bool { return !lacks(s) })) {
		t.Errorf("%s lacks what is required: %v", at, v)
	}
	for name, value := range v {
		property, known := s.Properties[name]
		if !known && s.Additional != nil && !*s.Additional {
			t.Errorf("%s has %q, which the schema does not know", at, name)
		}
		if known {
			property.check(t, at+"."+name, defs, value)
		}
	}
}

// The schemas name the fields of the Go types, and no others.
func TestSchemasAndTypes(t *testing.T) {
	for file, kind := range map[string]reflect.Type{
		"schemas/register-requested.json": reflect.TypeFor[RegisterRequest](),
		"schemas/register-failed.json":    reflect.TypeFor[RegisterRequest](),
	} {
		var s schema
		readJSON(t, file, &s)
		fields := fieldsOf(kind)
		for name := range s.Properties {
			if !slices.Contains(fields, name) {
				t.Errorf("%s: %s has no field %q", file, kind, name)
			}
		}
		for _, name := range fieldsOf(reflect.TypeFor[Document]()) {
			if _, ok := s.Defs["document"].Properties[name]; !ok {
				t.Errorf("%s: a document has no %q", file, name)
			}
		}
	}
}

// The schema of a request to harvest names the fields of its type, and no others.
func TestSchemaOfHarvests(t *testing.T) {
	var s schema
	readJSON(t, "schemas/harvest-requested.json", &s)
	fields := fieldsOf(reflect.TypeFor[HarvestRequest]())
	slices.Sort(fields)
	if named := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(named, fields) {
		t.Errorf("the schema names %v, the type has %v", named, fields)
	}
}

func fieldsOf(kind reflect.Type) []string {
	var names []string
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// The samples of requests are understood as they are written: nothing in them is lost.
func TestSamplesAreUnderstood(t *testing.T) {
	files, err := filepath.Glob("samples/*register*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		var e event.Event
		readJSON(t, file, &e)
		in := json.NewDecoder(bytes.NewReader(e.Data()))
		in.DisallowUnknownFields()
		var request RegisterRequest
		if err := in.Decode(&request); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		again, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		var one, two any
		if json.Unmarshal(e.Data(), &one) != nil || json.Unmarshal(again, &two) != nil || !reflect.DeepEqual(one, two) {
			t.Errorf("%s became %s", file, again)
		}
	}
}
