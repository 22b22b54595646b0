package manifests

import (
	"bufio"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/eventing/pkg/apis/config"
	"knative.dev/eventing/pkg/apis/feature"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
)

// TestKnativeTakesThem defaults and validates each object of Knative as its webhook does on creation; a warning counts.
func TestKnativeTakesThem(t *testing.T) {
	eachOverlay(t, func(t *testing.T, _ string, o overlay) {
		checked := taken(t, o)
		for _, kind := range []string{"Service", "Broker", "Trigger", "EventType"} {
			if checked[kind] == 0 {
				t.Errorf("there is no %s: %v", kind, checked)
			}
		}
	})
}

// taken counts the objects of Knative by kind.
func taken(t *testing.T, o overlay) map[string]int {
	t.Helper()
	checked := map[string]int{}
	for _, one := range o {
		object, ok := one.typed.(interface {
			apis.Defaultable
			apis.Validatable
		})
		if !ok {
			continue
		}
		checked[one.kind]++
		ctx := apis.WithinCreate(asReleased(t))
		object.SetDefaults(ctx)
		if err := object.Validate(ctx); err != nil {
			t.Errorf("%s %s: %v", one.kind, one.name, err)
		}
	}
	return checked
}

// TestExamples: what people copy is taken by Knative, and restricted, too.
func TestExamples(t *testing.T) {
	o := build(t, root+"/examples/postprocessor")
	if checked := taken(t, o); checked["Service"] != 1 || len(of[*corev1.ConfigMap](o)) != 1 {
		t.Errorf("%v", checked)
	}
	restricted(t, o)
	service, script := of[*servingv1.Service](o)[0], of[*corev1.ConfigMap](o)[0]
	if mounted := service.Spec.Template.Spec.Volumes[0].ConfigMap.Name; mounted != script.Name {
		t.Errorf("%s is mounted, not %s", mounted, script.Name)
	}
}

// asReleased is the configuration of a cluster that changed nothing of Knative's: the broker that is the default, and the
// one feature in use that its release enables (config-br-defaults, config-features).
func asReleased(t *testing.T) context.Context {
	t.Helper()
	defaults, err := config.NewDefaultsConfigFromMap(map[string]string{config.BrokerDefaultsKey: `clusterDefault:
  brokerClass: MTChannelBasedBroker
  apiVersion: v1
  kind: ConfigMap
  name: config-br-default-channel
  namespace: knative-eventing
`})
	if err != nil {
		t.Fatal(err)
	}
	features, err := feature.NewFlagsConfigFromMap(map[string]string{feature.DeliveryTimeout: "enabled"})
	if err != nil {
		t.Fatal(err)
	}
	return feature.ToContext(config.ToContext(context.Background(), &config.Config{Defaults: defaults}), features)
}

// pod is a pod's specification and whose it is.
type pod struct {
	owner string
	spec  corev1.PodSpec
}

func pods(o overlay) []pod {
	var all []pod
	for _, s := range of[*servingv1.Service](o) {
		all = append(all, pod{"Service " + s.Name, s.Spec.Template.Spec.PodSpec})
	}
	for _, j := range of[*batchv1.Job](o) {
		all = append(all, pod{"Job " + j.Name, j.Spec.Template.Spec})
	}
	for _, d := range of[*appsv1.Deployment](o) {
		all = append(all, pod{"Deployment " + d.Name, d.Spec.Template.Spec})
	}
	for _, s := range of[*appsv1.StatefulSet](o) {
		all = append(all, pod{"StatefulSet " + s.Name, s.Spec.Template.Spec})
	}
	return all
}

// TestPodsAreRestricted holds every pod, those of the stores and of the Gateway too, against Kubernetes' restricted profile.
func TestPodsAreRestricted(t *testing.T) {
	eachOverlay(t, func(t *testing.T, _ string, o overlay) { restricted(t, o) })
}

func restricted(t *testing.T, o overlay) {
	t.Helper()
	for _, p := range pods(o) {
		inherited := p.spec.SecurityContext
		if inherited == nil {
			inherited = &corev1.PodSecurityContext{}
		}
		for _, c := range p.spec.Containers {
			s := c.SecurityContext
			if s == nil || !is(s.AllowPrivilegeEscalation, false) || !is(s.ReadOnlyRootFilesystem, true) ||
				!is(s.RunAsNonRoot, true) && !is(inherited.RunAsNonRoot, true) ||
				s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 ||
				!confined(s.SeccompProfile) && !confined(inherited.SeccompProfile) {
				t.Errorf("%s: the container %s may do more than it has to", p.owner, c.Name)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() && !strings.HasPrefix(p.owner, "Job ") {
				t.Errorf("%s: the container %s has no limit of memory or no request of CPU", p.owner, c.Name)
			}
		}
	}
}

func is(value *bool, want bool) bool { return value != nil && *value == want }

func confined(p *corev1.SeccompProfile) bool {
	return p != nil && p.Type == corev1.SeccompProfileTypeRuntimeDefault
}

// TestImagesAreNamed: a tag that moves is no release, and only the base leaves the place of an image open.
func TestImagesAreNamed(t *testing.T) {
	tagged := regexp.MustCompile(`^([^@]+:[^:/@]+|[^@]+@sha256:[0-9a-f]{64})$`)
	eachOverlay(t, func(t *testing.T, name string, o overlay) {
		for _, p := range pods(o) {
			for _, c := range p.spec.Containers {
				if !tagged.MatchString(c.Image) || strings.HasSuffix(c.Image, ":latest") || strings.HasPrefix(c.Image, "perigee/") {
					t.Errorf("%s: the image is %q: the overlay does not say which", p.owner, c.Image)
				}
				if local := strings.HasPrefix(c.Image, "dev.local/perigee-"); strings.Contains(c.Image, "perigee") && local == (name == "production") {
					t.Errorf("%s: the image is %q", p.owner, c.Image)
				}
			}
		}
	})
}

// TestNoSecretInARepository: an overlay names secrets and never holds one.
func TestNoSecretInARepository(t *testing.T) {
	eachOverlay(t, func(t *testing.T, name string, o overlay) {
		for _, s := range of[*corev1.Secret](o) {
			t.Errorf("the Secret %s lies in the repository", s.Name)
		}
		for _, p := range pods(o) {
			for _, c := range p.spec.Containers {
				for _, v := range c.Env {
					if secret := regexp.MustCompile("(?i)password|secret|database_url"); secret.MatchString(v.Name) && v.Value != "" {
						t.Errorf("%s: %s is written out", p.owner, v.Name)
					}
				}
			}
		}
		for _, c := range of[*corev1.ConfigMap](o) {
			if name == "production" && c.Name == "perigee" && (c.Data["AUTH"] != "oidc" || !strings.HasPrefix(c.Data["OIDC_ISSUER"], "https://") || !strings.HasPrefix(c.Data["PUBLIC_URL"], "https://")) {
				t.Errorf("production trusts %q of %q", c.Data["AUTH"], c.Data["OIDC_ISSUER"])
			}
		}
	})
}

// TestReferencesAreThere: what a pod takes its environment and its account from exists; secrets are those that README names.
func TestReferencesAreThere(t *testing.T) {
	secrets := []string{"perigee-database-owner", "perigee-database", "perigee-database-reader", "perigee-objects", "perigee-cache", "perigee-workspaces", "postgis", "pgbouncer"}
	eachOverlay(t, func(t *testing.T, _ string, o overlay) {
		has := func(kind, name string) bool {
			return kind == "Secret" && slices.Contains(secrets, name) ||
				slices.ContainsFunc(o, func(one object) bool { return one.kind == kind && one.name == name })
		}
		for _, p := range pods(o) {
			for _, ref := range references(p.spec) {
				if !has(ref[0], ref[1]) {
					t.Errorf("%s: there is no %s %s", p.owner, ref[0], ref[1])
				}
			}
		}
	})
}

// references are the kinds and names of the objects that a pod needs.
func references(p corev1.PodSpec) [][2]string {
	var all [][2]string
	if p.ServiceAccountName != "" {
		all = append(all, [2]string{"ServiceAccount", p.ServiceAccountName})
	}
	for _, c := range p.Containers {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				all = append(all, [2]string{"ConfigMap", from.ConfigMapRef.Name})
			}
			if from.SecretRef != nil {
				all = append(all, [2]string{"Secret", from.SecretRef.Name})
			}
		}
		for _, v := range c.Env {
			if v.ValueFrom != nil && v.ValueFrom.ConfigMapKeyRef != nil {
				all = append(all, [2]string{"ConfigMap", v.ValueFrom.ConfigMapKeyRef.Name})
			}
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				all = append(all, [2]string{"Secret", v.ValueFrom.SecretKeyRef.Name})
			}
		}
	}
	for _, v := range p.Volumes {
		if v.ConfigMap != nil {
			all = append(all, [2]string{"ConfigMap", v.ConfigMap.Name})
		}
		if v.Secret != nil {
			all = append(all, [2]string{"Secret", v.Secret.SecretName})
		}
	}
	return all
}

// budget is what a PostgreSQL of default settings leaves for the functions.
const budget = 97

// TestConnectionBudget adds up the connections of a rollout, when the old and the new instances run side by side. Behind a
// pooler that is how many clients it must take, and its pools are what the database must.
func TestConnectionBudget(t *testing.T) {
	eachOverlay(t, func(t *testing.T, _ string, o overlay) {
		sum := 0
		for _, s := range of[*servingv1.Service](o) {
			sum += 2 * connections(t, s)
		}
		limit := budget
		for _, c := range of[*corev1.ConfigMap](o) {
			if ini, ok := c.Data["pgbouncer.ini"]; ok {
				limit = settingOf(t, ini, "max_client_conn")
				const roles = 2 // writer and reader
				if pools := settingOf(t, ini, "default_pool_size") * roles; pools > budget {
					t.Errorf("the pools may open %d connections; %d is the budget", pools, budget)
				}
			}
		}
		if sum == 0 || sum > limit {
			t.Errorf("%d connections during a rollout; %d is the budget", sum, limit)
		}
	})
}

func connections(t *testing.T, s *servingv1.Service) int {
	most, err := strconv.Atoi(s.Spec.Template.Annotations["autoscaling.knative.dev/max-scale"])
	if err != nil || most == 0 {
		t.Errorf("%s may scale without end", s.Name)
	}
	env := s.Spec.Template.Spec.Containers[0].Env
	if !slices.ContainsFunc(env, func(v corev1.EnvVar) bool { return v.Name == "DATABASE_URL" }) {
		return 0
	}
	for _, v := range env {
		if n, err := strconv.Atoi(v.Value); v.Name == "DATABASE_CONNECTIONS" && err == nil && n > 0 {
			return n * most
		}
	}
	t.Errorf("%s does not say how many connections it opens", s.Name)
	return 0
}

func settingOf(t *testing.T, ini, name string) int {
	lines := bufio.NewScanner(strings.NewReader(ini))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); strings.TrimSpace(key) == name && err == nil {
			return n
		}
	}
	t.Errorf("pgbouncer.ini has no %s", name)
	return 0
}

// TestRoutesAreGranted: each route leads through the Gateway of the overlay to the one Service that its grant names.
func TestRoutesAreGranted(t *testing.T) {
	eachOverlay(t, func(t *testing.T, _ string, o overlay) {
		grants, gateways, rules := of[*gatewayv1beta1.ReferenceGrant](o), of[*gatewayv1.Gateway](o), 0
		if len(grants) != 1 || len(gateways) != 1 || gateways[0].Name != "perigee" {
			t.Fatalf("%d grants, %d gateways", len(grants), len(gateways))
		}
		for _, r := range of[*gatewayv1.HTTPRoute](o) {
			for _, rule := range r.Spec.Rules {
				rules++
				for _, b := range rule.BackendRefs {
					if b.Namespace == nil || string(*b.Namespace) != grants[0].Namespace || b.Name != *grants[0].Spec.To[0].Name {
						t.Errorf("a rule of %s leads to %v %s", r.Name, b.Namespace, b.Name)
					}
				}
			}
		}
		if rules == 0 {
			t.Error("there are no routes")
		}
	})
}
