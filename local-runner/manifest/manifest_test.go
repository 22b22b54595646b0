package manifest_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/manifests"
)

// placeholders are those that the runner fills.
var placeholders = map[string]string{
	"DATABASE_URL": "postgres://here", "AWS_ENDPOINT_URL": "http://s3", "AWS_ACCESS_KEY_ID": "key",
	"AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1", "PUBLIC_URL": "http://public", "LEAFLET": "/leaflet", "WORKSPACE_KEY": "key",
}

// The very manifests of the cluster, with the overlay of this machine, are honoured without a remark.
func TestOwnManifests(t *testing.T) {
	set, err := manifest.Load(
		manifest.Layer{Name: "manifests/base", Files: manifests.Base()},
		manifest.Layer{Name: "manifests/local", Files: manifests.Local(), Values: placeholders},
	)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Services) == 0 || len(set.Jobs) == 0 || len(set.Triggers) == 0 || len(set.Routes) == 0 {
		t.Errorf("something is missing: %+v", set)
	}
}

const goodBase = `apiVersion: v1
kind: Namespace
metadata: {name: house}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: maid, namespace: house}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: house}
data:
  LEVEL: info
  text.yaml: |
    a: 1
    b: ${not filled in the base}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: house}
type: Opaque
data: {TOKEN: c2VzYW1l, BOTH: b2xk}
stringData: {BOTH: new}
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
  namespace: house
  annotations: {eventing.knative.dev/broker.class: MTChannelBasedBroker, messaging.knative.dev/async-handler: 'true'}
spec:
  config: {kind: ConfigMap, name: x}
  delivery:
    retry: 3
    backoffPolicy: linear
    backoffDelay: PT0.5S
    timeout: PT2M
    deadLetterSink:
      ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: cook}
      uri: /dead
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: dinner, namespace: house}
spec:
  broker: default
  filters:
    - prefix: {type: food.}
    - not: {any: [{exact: {type: food.bad}}, {suffix: {subject: .tmp}}]}
  subscriber:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: cook}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: doors, namespace: house}
spec:
  parentRefs: [{name: gate}]
  rules:
    - matches:
        - path: {type: PathPrefix, value: /menu}
        - path: {type: RegularExpression, value: '^/rooms/[^/]+/menu(/.*)?$'}
      backendRefs: [{name: cook, port: 80}]
    - backendRefs: [{name: cook, port: 80}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: clean, namespace: house}
spec:
  backoffLimit: 2
  activeDeadlineSeconds: 60
  ttlSecondsAfterFinished: 5
  template:
    spec:
      restartPolicy: Never
      containers:
        - image: ko://perigee/functions/clean
          args: [--all]
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: cook
  namespace: house
  labels: {networking.knative.dev/visibility: cluster-local, team: kitchen}
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/min-scale: "1"
        autoscaling.knative.dev/max-scale: "3"
        autoscaling.knative.dev/target: "7"
        autoscaling.knative.dev/initial-scale: "2"
        autoscaling.knative.dev/window: 30s
        autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1m
    spec:
      serviceAccountName: maid
      containerConcurrency: 5
      timeoutSeconds: 20
      containers:
        - name: cook
          image: registry.example.org/eo/perigee/cook:1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          args: [--level, $(LEVEL), $$(LEVEL), $(NOBODY)]
          envFrom:
            - configMapRef: {name: small}
            - secretRef: {name: keys}
              prefix: MY_
            - configMapRef: {name: nowhere, optional: true}
          env:
            - {name: GREETING, value: "hello $(LEVEL)"}
            - name: TOKEN
              valueFrom: {secretKeyRef: {name: keys, key: TOKEN}}
            - name: NOTHING
              valueFrom: {secretKeyRef: {name: keys, key: none, optional: true}}
            - {name: LEVEL, value: debug}
          ports: [{containerPort: 8080}]
          volumeMounts: [{name: scratch, mountPath: /tmp}]
          readinessProbe: {httpGet: {path: /health}}
          resources: {limits: {cpu: "1"}}
      volumes: [{name: scratch, emptyDir: {}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: small, namespace: house}
data: {LEVEL: info}
`

const goodOverlay = `apiVersion: v1
kind: ConfigMap
metadata: {name: small, namespace: house}
data: {LEVEL: "${PUBLIC_URL} and ${LEAFLET}"}
`

func layer(name string, values map[string]string, files ...string) manifest.Layer {
	tree := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		tree[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return manifest.Layer{Name: name, Files: tree, Values: values}
}

func TestLoad(t *testing.T) {
	set, err := manifest.Load(layer("base", nil, "all.yaml", goodBase), layer("local", placeholders, "over.yaml", goodOverlay))
	if err != nil {
		t.Fatal(err)
	}
	cook := broker.Name{Namespace: "house", Name: "cook"}
	want := &manifest.Set{
		Services: []manifest.Service{{
			Name: cook, Concurrency: 5, Timeout: 20 * time.Second, MinScale: 1, MaxScale: 3, InitialScale: 2, Target: 7,
			Window: 30 * time.Second, Retention: time.Minute, ClusterLocal: true,
			Program: manifest.Program{
				Binary: "cook",
				Args:   []string{"--level", "debug", "$(LEVEL)", "$(NOBODY)"},
				Env: []manifest.Variable{
					{"LEVEL", "debug"}, {"MY_BOTH", "new"}, {"MY_TOKEN", "sesame"},
					{"GREETING", "hello http://public and /leaflet"}, {"TOKEN", "sesame"},
				},
			},
		}},
		Jobs: []manifest.Job{{
			Name: broker.Name{Namespace: "house", Name: "clean"}, Retries: 2, Deadline: time.Minute,
			Program: manifest.Program{Binary: "clean", Args: []string{"--all"}, Env: []manifest.Variable{}},
		}},
		Brokers: []manifest.Broker{{
			Name: broker.Name{Namespace: "house", Name: "default"},
			Delivery: &manifest.Delivery{Retry: 3, Policy: broker.Linear, Delay: 500 * time.Millisecond, Timeout: 2 * time.Minute,
				DeadLetter: &manifest.Sink{Service: &cook, Path: "/dead"}},
		}},
		Triggers: []manifest.Trigger{{
			Name: broker.Name{Namespace: "house", Name: "dinner"}, Broker: "default", Subscriber: manifest.Sink{Service: &cook},
			Filters: []broker.Filter{
				{Prefix: map[string]string{"type": "food."}},
				{Not: &broker.Filter{Any: []broker.Filter{
					{Exact: map[string]string{"type": "food.bad"}}, {Suffix: map[string]string{"subject": ".tmp"}},
				}}},
			},
		}},
		Routes: []manifest.Route{
			{manifest.PathPrefix, "/menu", cook},
			{manifest.RegularExpression, "^/rooms/[^/]+/menu(/.*)?$", cook},
			{manifest.PathPrefix, "/", cook},
		},
	}
	if !reflect.DeepEqual(set, want) {
		t.Errorf("got\n%+v\nwant\n%+v", set, want)
	}
	if got := strings.Join(set.Services[0].Addresses("house"), " "); got != "cook.house cook.house.svc cook.house.svc.cluster.local cook" {
		t.Errorf("addresses in the same namespace: %s", got)
	}
	if got := strings.Join(set.Services[0].Addresses("other"), " "); got != "cook.house cook.house.svc cook.house.svc.cluster.local" {
		t.Errorf("addresses in another namespace: %s", got)
	}
}

func TestCommandNamesTheBinary(t *testing.T) {
	text := strings.Replace(serviceWith("command: [/ko-app/other, --x]\n          args: [y]"), "image: perigee/a", "image: perigee/a", 1)
	set, err := manifest.Load(layer("base", nil, "a.yaml", text))
	if err != nil {
		t.Fatal(err)
	}
	if p := set.Services[0].Program; p.Binary != "other" || strings.Join(p.Args, " ") != "--x y" {
		t.Errorf("program %+v", p)
	}
}

func TestKustomizationIsTheOrder(t *testing.T) {
	set, err := manifest.Load(layer("base", nil,
		"kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [b.yaml, sub, a.yaml]\n",
		"a.yaml", named("a"), "b.yaml", named("b"), "sub/c.yml", named("c"), "sub/readme.md", "x", "other/d.yaml", named("d"),
	))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range set.Services {
		names = append(names, service.Name.Name)
	}
	if got := strings.Join(names, " "); got != "b c a" {
		t.Errorf("services %s, want b c a", got)
	}
}

// serviceWith is a Service whose container has further keys.
func serviceWith(extra string) string {
	return `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: a
spec:
  template:
    spec:
      containers:
        - image: perigee/a
          ` + extra + "\n"
}

func named(name string) string { return strings.Replace(serviceWith(""), "name: a", "name: "+name, 1) }
