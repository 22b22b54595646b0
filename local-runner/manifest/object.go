package manifest

import (
	"regexp"
	"slices"
	"strings"

	"perigee/local-runner/broker"
)

// object is one decoded object of the cluster.
type object struct {
	kind string
	name broker.Name
	at   value
	meta metadata
	spec any // what its kind decodes to
}

func (o *object) key() string { return o.kind + " " + o.name.String() }

// kind says how an object is read.
type kind struct {
	apiVersion string
	decode     func(o *object, honoured map[string]func(value)) rest
	// lists are the honoured labels and annotations in Knative's own domains.
	labels, annotations []string
}

// kinds are the objects that the runner honours. Kinds that a later runner honours get their line here.
func kinds() map[string]kind {
	return map[string]kind{
		"Service":        {servingVersion, decodeService, []string{visibility}, nil},
		"Broker":         {eventingVersion, decodeBroker, nil, []string{"eventing.knative.dev/broker.class", asyncHandler}},
		"Trigger":        {eventingVersion, decodeTrigger, nil, nil},
		"PingSource":     {"sources.knative.dev/v1", decodePingSource, nil, nil},
		"SinkBinding":    {"sources.knative.dev/v1", decodeBinding, nil, nil},
		"EventType":      {"eventing.knative.dev/v1beta3", decodeEventType, nil, nil},
		"HTTPRoute":      {"gateway.networking.k8s.io/v1", decodeRoutes, nil, nil},
		"Job":            {"batch/v1", decodeJob, nil, nil},
		"ConfigMap":      {"v1", decodeConfigMap, nil, nil},
		"Secret":         {"v1", decodeSecret, nil, nil},
		"Namespace":      {"v1", decodeNamespace, nil, nil},
		"ServiceAccount": {"v1", decodeServiceAccount, nil, nil},
	}
}

// object reads one document.
func (r *reader) object(doc value) {
	header := map[string]value{}
	for _, entry := range doc.entries() {
		header[entry.key] = entry.value
	}
	for _, key := range []string{"apiVersion", "kind", "metadata"} {
		if _, ok := header[key]; !ok {
			doc.fail("%s is missing", key)
			return
		}
	}
	name := header["kind"].text()
	k, ok := kinds()[name]
	switch version := header["apiVersion"].text(); {
	case !ok:
		header["kind"].fail("local-runner does not honour the kind %q (%s)", name, version)
		return
	case version != k.apiVersion:
		header["apiVersion"].fail("local-runner honours %s %s, not %q", k.apiVersion, name, version)
		return
	}
	r.decode(doc, name, k)
}

func (r *reader) decode(doc value, name string, k kind) {
	o := &object{kind: name, at: doc}
	honoured := map[string]func(value){
		"apiVersion": func(value) {},
		"kind":       func(value) {},
		"metadata":   func(v value) { o.meta = decodeMetadata(v, k.labels, k.annotations) },
	}
	others := k.decode(o, honoured)
	others.refused = append(others.refused, "status")
	seen := doc.fields(honoured, others)
	if _, has := honoured["spec"]; has && name != "Broker" { // whose defaults are enough
		doc.needs(seen, "spec")
	}
	if o.meta.name == "" {
		doc.fail("metadata.name is missing")
		return
	}
	o.name = broker.Name{Namespace: o.meta.namespace, Name: o.meta.name}
	if first, ok := r.seen[o.key()]; ok {
		doc.fail("%s %s is already in %s:%d", o.kind, o.name, first.at.in.file, first.at.line)
		return
	}
	r.seen[o.key()] = o
	r.objects = append(r.objects, o)
}

// metadata is an ObjectMeta.
type metadata struct {
	name, namespace     string
	labels, annotations map[string]value
}

// defaultNamespace is where an object is that names none.
const defaultNamespace = "default"

func decodeMetadata(v value, labels, annotations []string) metadata {
	m := metadata{namespace: defaultNamespace}
	v.fields(map[string]func(value){
		"name":        func(v value) { m.name = v.name() },
		"namespace":   func(v value) { m.namespace = v.name() },
		"labels":      func(v value) { m.labels = decodeMarks(v, labels) },
		"annotations": func(v value) { m.annotations = decodeMarks(v, annotations) },
	}, rest{refused: []string{
		"generateName", "finalizers", "ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp",
		"deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
	}})
	return m
}

// knativeDomain is whose labels and annotations change what Knative does. Others are notes for other tools.
var knativeDomain = regexp.MustCompile(`^([a-z0-9-]+\.)*knative\.dev/`)

// decodeMarks reads labels or annotations; of Knative's own only those listed are honoured.
func decodeMarks(v value, honoured []string) map[string]value {
	marks := map[string]value{}
	for _, entry := range v.entries() {
		entry.text()
		if knativeDomain.MatchString(entry.key) && !slices.Contains(honoured, entry.key) {
			entry.fail("%s", refusedMark(entry.key))
		}
		marks[entry.key] = entry.value
	}
	return marks
}

func refusedMark(key string) string {
	if strings.HasPrefix(key, autoscaling) && slices.Contains(scaleAnnotations, key) {
		return "has no effect here: autoscaling annotations belong to spec.template.metadata"
	}
	return "is not honoured by local-runner"
}
