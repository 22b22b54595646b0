// Package manifests holds what each overlay gives a cluster: it is built by kustomize itself, decoded with no field unknown,
// and defaulted and validated by the code that Knative's webhooks run. `make check-manifests` runs it; the first time
// it compiles for minutes.
package manifests

import (
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	eventingv1beta3 "knative.dev/eventing/pkg/apis/eventing/v1beta3"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// root is where the manifests are.
const root = "../../manifests"

// object is one decoded object of an overlay.
type object struct {
	kind, namespace, name string
	typed                 any
}

// overlay is what a cluster gets.
type overlay []object

// kinds makes an empty object of each kind that an overlay may hold.
var kinds = map[string]func() any{
	"v1 ConfigMap":        func() any { return &corev1.ConfigMap{} },
	"v1 Namespace":        func() any { return &corev1.Namespace{} },
	"v1 Secret":           func() any { return &corev1.Secret{} },
	"v1 Service":          func() any { return &corev1.Service{} },
	"v1 ServiceAccount":   func() any { return &corev1.ServiceAccount{} },
	"apps/v1 Deployment":  func() any { return &appsv1.Deployment{} },
	"apps/v1 StatefulSet": func() any { return &appsv1.StatefulSet{} },
	"batch/v1 Job":        func() any { return &batchv1.Job{} },
	"rbac.authorization.k8s.io/v1 ClusterRole":         func() any { return &rbacv1.ClusterRole{} },
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding":  func() any { return &rbacv1.ClusterRoleBinding{} },
	"rbac.authorization.k8s.io/v1 Role":                func() any { return &rbacv1.Role{} },
	"rbac.authorization.k8s.io/v1 RoleBinding":         func() any { return &rbacv1.RoleBinding{} },
	"serving.knative.dev/v1 Service":                   func() any { return &servingv1.Service{} },
	"eventing.knative.dev/v1 Broker":                   func() any { return &eventingv1.Broker{} },
	"eventing.knative.dev/v1 Trigger":                  func() any { return &eventingv1.Trigger{} },
	"eventing.knative.dev/v1beta3 EventType":           func() any { return &eventingv1beta3.EventType{} },
	"sources.knative.dev/v1 PingSource":                func() any { return &sourcesv1.PingSource{} },
	"sources.knative.dev/v1 SinkBinding":               func() any { return &sourcesv1.SinkBinding{} },
	"gateway.networking.k8s.io/v1 Gateway":             func() any { return &gatewayv1.Gateway{} },
	"gateway.networking.k8s.io/v1 GatewayClass":        func() any { return &gatewayv1.GatewayClass{} },
	"gateway.networking.k8s.io/v1 HTTPRoute":           func() any { return &gatewayv1.HTTPRoute{} },
	"gateway.networking.k8s.io/v1beta1 ReferenceGrant": func() any { return &gatewayv1beta1.ReferenceGrant{} },
}

// eachOverlay runs a test for the base and for every overlay there is.
func eachOverlay(t *testing.T, test func(t *testing.T, name string, o overlay)) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "overlays"))
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d overlays: %v", len(entries), err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) { test(t, entry.Name(), build(t, filepath.Join(root, "overlays", entry.Name()))) })
	}
}

// build makes an overlay and decodes its objects strictly.
func build(t *testing.T, dir string) overlay {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var all overlay
	for _, r := range built.Resources() {
		all = append(all, decode(t, r))
	}
	return all
}

// decode reads an object, with no field that its kind does not know.
func decode(t *testing.T, r *resource.Resource) object {
	t.Helper()
	what := r.GetApiVersion() + " " + r.GetKind()
	empty, known := kinds[what]
	if !known {
		t.Fatalf("%s %s: the test does not know this kind; name it in kinds", what, r.GetName())
	}
	text, err := r.AsYAML()
	if err != nil {
		t.Fatal(err)
	}
	o := object{r.GetKind(), r.GetNamespace(), r.GetName(), empty()}
	if err := yaml.UnmarshalStrict(text, o.typed); err != nil {
		t.Errorf("%s %s: %v", what, o.name, err)
	}
	return o
}

// of are the objects of one type.
func of[T any](o overlay) []T {
	var all []T
	for _, one := range o {
		if typed, ok := one.typed.(T); ok {
			all = append(all, typed)
		}
	}
	return all
}
