package structure

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"perigee/eventing"
	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/manifests"
)

// object is a manifest as it is written, with what a cluster alone looks at.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name        string
		Annotations map[string]string
	} `yaml:"metadata"`
	Data map[string]string `yaml:"data"`
	Spec struct {
		Template struct{ Spec pod } `yaml:"template"`
		Rules    []struct {
			BackendRefs []struct{ Name string } `yaml:"backendRefs"`
			Filters     []struct {
				Type       string
				URLRewrite struct{ Hostname string } `yaml:"urlRewrite"`
			}
		}
	}
	file string
}

// pod is the part of a pod that says what it may do.
type pod struct {
	ServiceAccountName           string `yaml:"serviceAccountName"`
	AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
	Containers                   []struct {
		Name      string
		Resources struct{ Limits map[string]string }
		Security  struct {
			AllowPrivilegeEscalation *bool                        `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool                         `yaml:"readOnlyRootFilesystem"`
			RunAsNonRoot             bool                         `yaml:"runAsNonRoot"`
			Privileged               bool                         `yaml:"privileged"`
			Capabilities             struct{ Add, Drop []string } `yaml:"capabilities"`
			SeccompProfile           struct{ Type string }        `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
	}
}

// base reads the objects of the base.
func base(t *testing.T) []object {
	t.Helper()
	files, err := fs.Glob(manifests.Base(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []object
	for _, name := range files {
		text, err := fs.ReadFile(manifests.Base(), name)
		if err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq("\n"+string(text), "\n---") {
			o := object{file: name}
			if err := yaml.Unmarshal([]byte(part), &o); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, o)
		}
	}
	return all
}

// TestPodsHaveTheLeastRights holds every pod against Kubernetes' restricted profile, and more: nothing to write to, an
// account of its own without a token, no memory without end.
func TestPodsHaveTheLeastRights(t *testing.T) {
	accounts := map[string]bool{}
	for _, o := range base(t) {
		if o.Kind == "ServiceAccount" {
			accounts[o.Metadata.Name] = true
		}
	}
	pods := 0
	for _, o := range base(t) {
		p := o.Spec.Template.Spec
		if len(p.Containers) == 0 {
			continue
		}
		pods++
		if p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken {
			t.Errorf("%s: the pod has an account's token", o.file)
		}
		if p.ServiceAccountName != o.Metadata.Name || !accounts[p.ServiceAccountName] {
			t.Errorf("%s: the pod has no account of its own: it names %q, and accounts.yaml has %t", o.file, p.ServiceAccountName, accounts[p.ServiceAccountName])
		}
		for _, c := range p.Containers {
			s := c.Security
			for rule, kept := range map[string]bool{
				"allowPrivilegeEscalation: false": s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation && !s.Privileged,
				"readOnlyRootFilesystem: true":    s.ReadOnlyRootFilesystem,
				"runAsNonRoot: true":              s.RunAsNonRoot,
				"capabilities drop ALL":           slices.Equal(s.Capabilities.Drop, []string{"ALL"}) && len(s.Capabilities.Add) == 0,
				"seccompProfile: RuntimeDefault":  s.SeccompProfile.Type == "RuntimeDefault",
				"limits.memory":                   c.Resources.Limits["memory"] != "",
			} {
				if !kept {
					t.Errorf("%s: the container %s lacks %s", o.file, c.Name, rule)
				}
			}
		}
	}
	if want := len(load(t).Services) + len(load(t).Jobs); pods != want {
		t.Errorf("%d pods were looked at, there are %d", pods, want)
	}
}

// TestRoutesNameTheirBackend: Knative goes by the host, so that a rule without that of its backend leads nowhere.
func TestRoutesNameTheirBackend(t *testing.T) {
	rules := 0
	for _, o := range base(t) {
		for _, r := range o.Spec.Rules {
			rules++
			if len(r.BackendRefs) != 1 || len(r.Filters) != 1 || r.Filters[0].URLRewrite.Hostname != r.BackendRefs[0].Name+".perigee.svc.cluster.local" {
				t.Errorf("%s: the rule to %v rewrites the host to %v", o.file, r.BackendRefs, r.Filters)
			}
		}
	}
	if rules == 0 {
		t.Error("there are no routes")
	}
}

// TestFunctionsHaveASink: where nothing binds a sink to a function, its settings say where the broker is.
func TestFunctionsHaveASink(t *testing.T) {
	all := base(t)
	brokers := slices.IndexFunc(all, func(o object) bool { return o.Kind == "Broker" })
	settings := slices.IndexFunc(all, func(o object) bool { return o.Kind == "ConfigMap" && o.Metadata.Name == "perigee" })
	if brokers < 0 || settings < 0 || !strings.HasSuffix(all[settings].Data["K_SINK"], "/perigee/"+all[brokers].Metadata.Name) {
		t.Error("K_SINK of the settings is not the address of the broker")
	}
}

// TestNoBaseWithoutTokens: AUTH=none stands in the local overlay alone.
func TestNoBaseWithoutTokens(t *testing.T) {
	files, _ := fs.Glob(manifests.Base(), "*.yaml")
	for _, name := range files {
		text, err := fs.ReadFile(manifests.Base(), name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "AUTH"); n > 0 && (name != "settings.yaml" || n != 1 || !strings.Contains(string(text), "AUTH: oidc\n")) {
			t.Errorf("%s sets AUTH beside the one AUTH: oidc of settings.yaml", name)
		}
	}
}

// TestEachEventHasOneSubscriber: an event that two triggers took would be handled twice; one of ours that none takes,
// and that nobody outside waits for, would be lost.
func TestEachEventHasOneSubscriber(t *testing.T) {
	triggers := load(t).Triggers
	for kind, want := range map[string]string{
		eventing.TypeObjectCreatedPrefix + ":Put":                     "intake",
		eventing.TypeObjectCreatedPrefix + ":CompleteMultipartUpload": "intake",
		eventing.TypeObjectRemovedPrefix + ":DeleteMarkerCreated":     "intake",
		"com.amazonaws.s3.LifecycleExpiration:Delete":                 "intake",
		"com.amazonaws.ObjectCreated:Put":                             "intake",
		eventing.TypeRegisterRequested:                                "register",
		eventing.TypeRegisterFailed:                                   "dead-letter",
		eventing.TypeSeedRequested:                                    "seed",
		eventing.TypeHarvestRequested:                                 "harvest",
		"dev.knative.sources.ping":                                    "harvest",
		eventing.TypeItemCreate:                                       "seed",
		eventing.TypeItemReplace:                                      "seed",
		eventing.TypeItemDelete:                                       "seed",
		eventing.TypeCollectionCreate:                                 "",
		eventing.TypeCollectionReplace:                                "",
		eventing.TypeCollectionDelete:                                 "",
		eventing.TypeWorkspaceCreated:                                 "workspace",
		eventing.TypeWorkspaceDeleted:                                 "workspace",
		eventing.TypeWorkspaceProducts:                                "workspace",
	} {
		if got := subscribers(triggers, map[string]string{"type": kind, "source": "aws:s3.eu-west-1.ingest"}); got != want {
			t.Errorf("%s goes to %q, want %q", kind, got, want)
		}
	}
	if got := subscribers(triggers, map[string]string{"type": eventing.TypeObjectCreatedPrefix + ":Put", "source": "aws:s3.eu-west-1.cache"}); got != "" {
		t.Errorf("tiles are told to %q", got)
	}
	for sweep, want := range map[string]string{"outbox": "register", "resources": "register", "harvests": "harvest"} {
		if got := subscribers(triggers, map[string]string{"type": eventing.TypePing, "sweep": sweep}); got != want {
			t.Errorf("the sweep of %s goes to %q, want %q", sweep, got, want)
		}
	}
}

func subscribers(triggers []manifest.Trigger, attributes map[string]string) string {
	var names []string
	for _, tr := range triggers {
		if all(tr.Filters, attributes) {
			names = append(names, tr.Subscriber.Service.Name)
		}
	}
	return strings.Join(names, " ")
}

func all(filters []broker.Filter, attributes map[string]string) bool {
	return !slices.ContainsFunc(filters, func(f broker.Filter) bool { return !takes(f, attributes) })
}

func takes(f broker.Filter, attributes map[string]string) bool {
	for _, part := range []struct {
		want map[string]string
		is   func(value, want string) bool
	}{
		{f.Exact, func(value, want string) bool { return value == want }}, {f.Prefix, strings.HasPrefix}, {f.Suffix, strings.HasSuffix},
	} {
		for name, want := range part.want {
			if value, ok := attributes[name]; !ok || !part.is(value, want) {
				return false
			}
		}
	}
	some := len(f.Any) == 0 || slices.ContainsFunc(f.Any, func(g broker.Filter) bool { return takes(g, attributes) })
	return some && all(f.All, attributes) && (f.Not == nil || !takes(*f.Not, attributes))
}

// TestBrokersAnswerAtOnce: an in-memory channel would answer a function's event only when all subscribers have handled it.
func TestBrokersAnswerAtOnce(t *testing.T) {
	brokers := 0
	for _, o := range base(t) {
		if o.Kind != "Broker" {
			continue
		}
		brokers++
		if o.Metadata.Annotations["messaging.knative.dev/async-handler"] != "true" {
			t.Errorf("%s: the Broker %s would wait for its subscribers", o.file, o.Metadata.Name)
		}
	}
	if brokers == 0 {
		t.Error("there is no Broker")
	}
}
