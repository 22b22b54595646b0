package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"perigee/local-runner/manifest"
)

// Everything that is not honoured is told with file, line and key, all of it at once.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"not YAML": {
			named("a") + "---\na: [\n",
			[]string{"f.yaml:12: is not YAML: sequence end token ']' not found"},
		},
		"a key twice": {
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\ndata: {}\n",
			[]string{`f.yaml:5: is not YAML: mapping key "data" already defined at [4:1]`},
		},
		"not a mapping":   {"- a\n", []string{"f.yaml:1: must be a mapping of keys, but is a list", "f.yaml:1: apiVersion is missing"}},
		"no kind":         {"apiVersion: v1\n", []string{"f.yaml:1: kind is missing"}},
		"no metadata":     {"apiVersion: v1\nkind: ConfigMap\n", []string{"f.yaml:1: metadata is missing"}},
		"no name":         {"apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", []string{"f.yaml:1: metadata.name is missing"}},
		"unknown kind":    {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", []string{`f.yaml:2: kind: local-runner does not honour the kind "Deployment" (apps/v1)`}},
		"no spec":         {"apiVersion: sources.knative.dev/v1\nkind: PingSource\nmetadata: {name: a}\n", []string{"f.yaml:1: spec is missing"}},
		"a later kind":    {"apiVersion: sources.knative.dev/v1\nkind: ApiServerSource\nmetadata: {name: a}\n", []string{`f.yaml:2: kind: local-runner does not honour the kind "ApiServerSource" (sources.knative.dev/v1)`}},
		"core Service":    {"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", []string{`f.yaml:1: apiVersion: local-runner honours serving.knative.dev/v1 Service, not "v1"`}},
		"bad name":        {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n", []string{`f.yaml:3: metadata.name: "A_b" is not a name: lower case letters, digits, - and ., at most 253`}},
		"unknown key":     {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {}\n", []string{"f.yaml:4: date: unknown key"}},
		"refused key":     {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {}\n", []string{"f.yaml:4: binaryData: is not honoured by local-runner"}},
		"status":          {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nstatus: {}\n", []string{"f.yaml:4: status: is not honoured by local-runner"}},
		"number for text": {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: 1\n  y: true\n  z: on\n", []string{"f.yaml:5: data.x: must be text, but is a number: quote it", "f.yaml:6: data.y: must be text, but is true or false: quote it", "f.yaml:7: data.z: must be text, but Kubernetes reads on as true or false: quote it"}},
		"quoted is text":  {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1', z: \"on\"}\n", nil},
		"alias":           {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: &x b\n  y: *x\n", []string{"f.yaml:5: data.x: must be text, but is an anchor or alias, which local-runner does not honour", "f.yaml:6: data.y: must be text, but is an anchor or alias, which local-runner does not honour"}},
		"merge":           {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  <<: {x: y}\n", []string{"f.yaml:5: data: keys must be plain text; merging and complex keys are not honoured by local-runner"}},
		"not base64":      {"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: '?'}\n", []string{"f.yaml:4: data.x: is not base64; plain text belongs to stringData"}},
		"twice":           {named("a") + "---\n" + named("a"), []string{"f.yaml:12: Service default/a is already in f.yaml:1"}},
		"two documents": {
			"# nothing\n---\n# a comment alone\n---\napiVersion: v1\nkind: Nothing\nmetadata: {name: a}\n",
			[]string{`f.yaml:6: kind: local-runner does not honour the kind "Nothing" (v1)`},
		},

		"foreign image":     {strings.Replace(named("a"), "perigee/a", "nginx", 1), []string{`f.yaml:9: spec.template.spec.containers[0].image: local-runner knows the binaries of perigee/NAME and ko://perigee/functions/NAME, not of "nginx"`}},
		"no image":          {strings.Replace(named("a"), "image: perigee/a", "name: a", 1), []string{"f.yaml:9: spec.template.spec.containers[0]: image is missing"}},
		"a bad command":     {serviceWith("command: [..]"), []string{`f.yaml:9: spec.template.spec.containers[0]: the command ".." names no program`}},
		"init container":    {strings.Replace(named("a"), "containers:", "initContainers: []\n      containers:", 1), []string{"f.yaml:8: spec.template.spec.initContainers: is not honoured by local-runner"}},
		"two containers":    {named("a") + "        - image: perigee/b\n", []string{"f.yaml:8: spec.template.spec.containers: local-runner honours exactly one container, not 2"}},
		"a real volume":     {serviceWith("") + "      volumes: [{name: x, configMap: {}}]\n", []string{"f.yaml:11: spec.template.spec.volumes[0].configMap: is not honoured by local-runner"}},
		"a mount":           {serviceWith("volumeMounts: [{name: x, mountPath: /data}]"), []string{`f.yaml:10: spec.template.spec.containers[0].volumeMounts[0].mountPath: local-runner honours only a scratch folder on /tmp, not on "/data"`}},
		"two ports":         {serviceWith("ports: [{containerPort: 1}, {containerPort: 2}]"), []string{"f.yaml:10: spec.template.spec.containers[0].ports: a service has at most one port, not 2"}},
		"h2c":               {serviceWith("ports: [{name: h2c}]"), []string{`f.yaml:10: spec.template.spec.containers[0].ports[0].name: must be http1, but is "h2c"`}},
		"concurrency":       {strings.Replace(named("a"), "containers:", "containerConcurrency: -1\n      containers:", 1), []string{"f.yaml:8: spec.template.spec.containerConcurrency: must be from 0 to 1000, but is -1"}},
		"timeout":           {strings.Replace(named("a"), "containers:", "timeoutSeconds: 700\n      containers:", 1), []string{"f.yaml:8: spec.template.spec.timeoutSeconds: must be from 1 to 600, but is 700"}},
		"timeout as text":   {strings.Replace(named("a"), "containers:", "timeoutSeconds: '7'\n      containers:", 1), []string{"f.yaml:8: spec.template.spec.timeoutSeconds: must be a whole number, but is text"}},
		"scale":             {annotated(`min-scale: "4"`, `autoscaling.knative.dev/max-scale: "2"`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: is 4, more than max-scale, which is 2`}},
		"scale unquoted":    {annotated(`min-scale: 4`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: must be text, but is a number: quote it`}},
		"scale in letters":  {annotated(`min-scale: four`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: "four" is not a whole number`}},
		"scale class":       {annotated(`class: hpa.autoscaling.knative.dev`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/class"]: must be kpa.autoscaling.knative.dev, but is "hpa.autoscaling.knative.dev"`}},
		"scale unknown":     {annotated(`target-burst-capacity: "4"`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/target-burst-capacity"]: is not honoured by local-runner`}},
		"foreign note":      {annotated(`min-scale: "0"`, `example.org/x: "4"`), nil},
		"window":            {annotated(`window: 1s`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/window"]: must be from 6s to 1h0m0s, but is 1s`}},
		"window in words":   {annotated(`window: soon`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/window"]: "soon" is not a duration such as 30s or 2m`}},
		"scale outside":     {strings.Replace(named("a"), "metadata:", "metadata:\n  annotations: {autoscaling.knative.dev/min-scale: '1'}", 1), []string{`f.yaml:4: metadata.annotations["autoscaling.knative.dev/min-scale"]: has no effect here: autoscaling annotations belong to spec.template.metadata`}},
		"visibility":        {strings.Replace(named("a"), "metadata:", "metadata:\n  labels: {networking.knative.dev/visibility: public}", 1), []string{`f.yaml:4: metadata.labels["networking.knative.dev/visibility"]: must be cluster-local, but is "public"`}},
		"reserved variable": {serviceWith("env: [{name: PORT, value: '1'}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[0].name: PORT is set by Knative alone"}},
		"host variable":     {serviceWith("env: [{name: HOST, value: 0.0.0.0}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[0].name: HOST is set by local-runner, which keeps every program on loopback"}},
		"host in settings":  {serviceWith("envFrom: [{configMapRef: {name: s}}]") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {HOST: c, PORT: d}\n", []string{`f.yaml:10: spec.template.spec.containers[0].envFrom[0].configMapRef: ConfigMap s holds the key "HOST", a variable that others set`, `f.yaml:10: spec.template.spec.containers[0].envFrom[0].configMapRef: ConfigMap s holds the key "PORT", a variable that others set`}},
		"bad variable":      {serviceWith("env: [{name: 'A B', value: '1'}]"), []string{`f.yaml:10: spec.template.spec.containers[0].env[0].name: "A B" is not the name of a variable`}},
		"variable twice":    {serviceWith("env: [{name: A}, {name: A}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[1]: A is set twice"}},
		"two sources":       {serviceWith("env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[0]: has both value and valueFrom"}},
		"field":             {serviceWith("env: [{name: A, valueFrom: {fieldRef: {}}}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[0].valueFrom.fieldRef: is not honoured by local-runner", "f.yaml:10: spec.template.spec.containers[0].env[0].valueFrom: secretKeyRef or configMapKeyRef is missing"}},
		"no secret":         {serviceWith("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]"), []string{`f.yaml:10: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: there is no Secret "s" in the namespace default`}},
		"no key":            {serviceWith("env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n", []string{`f.yaml:10: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: Secret s has no key "k"`}},
		"no settings":       {serviceWith("envFrom: [{configMapRef: {name: s}}]"), []string{`f.yaml:10: spec.template.spec.containers[0].envFrom[0].configMapRef: there is no ConfigMap "s" in the namespace default`}},
		"settings to nil":   {serviceWith("envFrom: [{prefix: A}]"), []string{"f.yaml:10: spec.template.spec.containers[0].envFrom[0]: needs exactly one of configMapRef and secretRef"}},
		"settings unfit":    {serviceWith("envFrom: [{configMapRef: {name: s}}]") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {a.b: c}\n", []string{`f.yaml:10: spec.template.spec.containers[0].envFrom[0].configMapRef: ConfigMap s holds the key "a.b", which is not the name of a variable`}},

		"job restart":    {job("restartPolicy: Always"), []string{`f.yaml:8: spec.template.spec.restartPolicy: must be Never or OnFailure, but is "Always"`}},
		"job many":       {strings.Replace(job(""), "spec:", "spec:\n  parallelism: 2", 1), []string{"f.yaml:5: spec.parallelism: must be from 1 to 1, but is 2"}},
		"job suspended":  {strings.Replace(job(""), "spec:", "spec:\n  suspend: true", 1), []string{"f.yaml:5: spec.suspend: is not honoured by local-runner"}},
		"job no program": {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {}}}\n", []string{"f.yaml:4: spec.template.spec: containers is missing"}},

		"trigger without broker":  {trigger("missing", "filters: []") + "---\n" + named("a"), []string{`f.yaml:5: spec.broker: there is no Broker "missing" in the namespace default`}},
		"trigger without service": {trigger("b", "filters: []") + theBroker, []string{`f.yaml:7: spec.subscriber: there is no Service "a" in the namespace default`}},
		"trigger of nothing":      {"apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: t}\nspec: {}\n", []string{"f.yaml:4: spec: broker is missing", "f.yaml:4: spec: subscriber is missing"}},
		"filter and filters":      {trigger("b", "filters: []\n  filter: {attributes: {type: x}}") + theBroker + "---\n" + named("a"), []string{"f.yaml:4: spec: has both filter and filters, of which Knative takes only the second"}},
		"CESQL":                   {trigger("b", "filters: [{cesql: \"type = 'x' AND\"}]") + theBroker + "---\n" + named("a"), []string{`f.yaml:6: spec.filters[0]: "type = 'x' AND" is not CloudEvents SQL`}},
		"CESQL inside":            {trigger("b", "filters: [{not: {any: [{cesql: 'NOPE(1)'}]}}]") + theBroker + "---\n" + named("a"), []string{`f.yaml:6: spec.filters[0]: "NOPE(1)" asks for an unknown function: missing function error: NOPE`}},
		"empty CESQL":             {trigger("b", "filters: [{cesql: ''}]") + theBroker + "---\n" + named("a"), []string{"f.yaml:6: spec.filters[0].cesql: must not be empty", "f.yaml:6: spec.filters[0]: a filter needs exactly one of exact, prefix, suffix, all, any, not, cesql; this one has 0"}},
		"all of nothing":          {trigger("b", "filters: [{all: []}]") + theBroker + "---\n" + named("a"), []string{"f.yaml:6: spec.filters[0]: a filter all or any without filters in it, which Knative would ignore"}},
		"unknown filter":          {trigger("b", "filters: [{exactly: {type: x}, exact: {type: x}}]") + theBroker + "---\n" + named("a"), []string{"f.yaml:6: spec.filters[0].exactly: unknown key"}},
		"delivery": {
			trigger("b", "delivery: {retry: 101, backoffPolicy: sometimes, backoffDelay: 5s, format: json, deadLetterSink: {}}") + theBroker + "---\n" + named("a"),
			[]string{
				"f.yaml:6: spec.delivery.retry: must be from 0 to 100, but is 101",
				`f.yaml:6: spec.delivery.backoffPolicy: "sometimes" is not a backoff policy: linear or exponential`,
				`f.yaml:6: spec.delivery.backoffDelay: "5s" is not an ISO 8601 duration such as PT0.2S: it is P, then days, then T and a time`,
				"f.yaml:6: spec.delivery.format: is not honoured by local-runner",
				"f.yaml:6: spec.delivery.deadLetterSink: ref or uri is missing",
			},
		},
		"dead letter to nobody": {theBroker + "spec: {delivery: {deadLetterSink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: x}}}}\n", []string{`f.yaml:5: spec.delivery.deadLetterSink: there is no Service "x" in the namespace default`}},
		"synchronous broker":    {strings.Replace(theBroker, "name: b", `name: b, annotations: {messaging.knative.dev/async-handler: "false"}`, 1), []string{`f.yaml:4: metadata.annotations["messaging.knative.dev/async-handler"]: must be true, but is "false"`}},
		"subscriber kind":       {strings.Replace(trigger("b", "filters: []"), "kind: Service", "kind: Channel", 1) + theBroker + "---\n" + named("a"), []string{`f.yaml:8: spec.subscriber.ref.kind: must be Service, but is "Channel"`}},
		"subscriber path":       {strings.Replace(trigger("b", "filters: []"), "subscriber:", "subscriber:\n    uri: events", 1) + theBroker + "---\n" + named("a"), []string{`f.yaml:7: spec.subscriber: beside ref, uri must be a path that starts with /, but is "events"`}},

		"empty broker":     {trigger(`""`, "filters: []") + "---\n" + named("a"), []string{"f.yaml:5: spec.broker: must not be empty"}},
		"empty subscriber": {strings.Replace(trigger("b", "filters: []"), "name: a", `name: ""`, 1) + theBroker, []string{"f.yaml:8: spec.subscriber.ref.name: must not be empty"}},
		"empty kind":       {strings.Replace(trigger("b", "filters: []"), "kind: Service", `kind: ""`, 1) + theBroker + "---\n" + named("a"), []string{"f.yaml:8: spec.subscriber.ref.kind: must not be empty"}},
		"empty address":    {strings.Replace(trigger("b", "filters: []"), "ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: a}", `uri: ""`, 1) + theBroker, []string{"f.yaml:8: spec.subscriber.uri: must not be empty"}},
		"empty image":      {strings.Replace(named("a"), "perigee/a", `""`, 1), []string{"f.yaml:9: spec.template.spec.containers[0].image: must not be empty"}},
		"empty scale":      {annotated(`min-scale: ""`), []string{`f.yaml:9: spec.template.metadata.annotations["autoscaling.knative.dev/min-scale"]: must not be empty`}},
		"route to no name": {routed("- backendRefs: [{name: ''}]"), []string{"f.yaml:6: spec.rules[0].backendRefs[0].name: must not be empty"}},
		"route of no type": {routed("- {matches: [{path: {type: '', value: /x}}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].matches[0].path.type: must not be empty"}},
		"empty variable":   {serviceWith("env: [{name: ''}]"), []string{"f.yaml:10: spec.template.spec.containers[0].env[0].name: must not be empty"}},

		"route to nobody": {routed("- backendRefs: [{name: x, port: 80}]"), []string{`f.yaml:6: spec.rules[0].backendRefs[0]: there is no Service "x" in the namespace default`}},
		"route to two":    {routed("- backendRefs: [{name: a}, {name: a}]") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].backendRefs: local-runner honours exactly one backend, not 2"}},
		"route by header": {routed("- {matches: [{headers: []}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].matches[0].headers: is not honoured by local-runner"}},
		"route filter":    {routed("- {filters: [{type: RequestMirror}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{`f.yaml:6: spec.rules[0].filters[0].type: must be URLRewrite, but is "RequestMirror"`, "f.yaml:6: spec.rules[0].filters[0]: urlRewrite is missing"}},
		"rewritten path":  {routed("- {filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].filters[0].urlRewrite.path: is not honoured by local-runner", "f.yaml:6: spec.rules[0].filters[0].urlRewrite: hostname is missing"}},
		"another's host":  {routed("- {filters: [{type: URLRewrite, urlRewrite: {hostname: b.default.svc.cluster.local}}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].filters[0].urlRewrite.hostname: the backend is called a.default.svc.cluster.local"}},
		"route path":      {routed("- {matches: [{path: {value: x}}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{`f.yaml:6: spec.rules[0].matches[0].path: a path starts with /, unlike "x"`}},
		"route pattern":   {routed("- {matches: [{path: {type: RegularExpression, value: '('}}], backendRefs: [{name: a}]}") + "---\n" + named("a"), []string{"f.yaml:6: spec.rules[0].matches[0].path: error parsing regexp: missing closing ): `(`"}},
		"route twice":     {routed("- backendRefs: [{name: a}]\n    - backendRefs: [{name: a}]") + "---\n" + named("a"), []string{"f.yaml:7: spec.rules[1]: the path / is already in f.yaml:6"}},
		"route hosts":     {strings.Replace(routed("- backendRefs: [{name: a}]"), "spec:", "spec:\n  hostnames: [x]", 1) + "---\n" + named("a"), []string{"f.yaml:5: spec.hostnames: is not honoured by local-runner"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Load(layer("", nil, "f.yaml", c.text))
			compare(t, err, c.want)
		})
	}
}

func compare(t *testing.T, err error, want []string) {
	t.Helper()
	var problems manifest.Problems
	if err != nil && !errors.As(err, &problems) {
		t.Fatalf("%T: %v", err, err)
	}
	got := strings.Split(problems.Error(), "\n")
	if err == nil {
		got = nil
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestProblemsOfFolders(t *testing.T) {
	const list = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
	for name, c := range map[string]struct {
		layer manifest.Layer
		want  []string
	}{
		"every file": {layer("base", nil, "a.yaml", "a: 1\n", "b.yml", "b: 1\n"), []string{
			"base/a.yaml:1: apiVersion is missing", "base/b.yml:1: apiVersion is missing"}},
		"a patch":      {layer("base", nil, "kustomization.yaml", list+"patches: []\n"), []string{"base/kustomization.yaml:3: patches: is not honoured by local-runner"}},
		"a typo":       {layer("base", nil, "kustomization.yaml", list+"resource: []\n"), []string{"base/kustomization.yaml:3: resource: unknown key"}},
		"outside":      {layer("base", nil, "kustomization.yaml", list+"resources: [../other]\n"), []string{"base/kustomization.yaml:3: resources[0]: leads out of the folder, which local-runner does not follow"}},
		"itself":       {layer("base", nil, "kustomization.yaml", list+"resources: [.]\n"), []string{"base/kustomization.yaml:3: resources[0]: lists itself"}},
		"a missing":    {layer("base", nil, "kustomization.yaml", list+"resources: [x.yaml]\n"), []string{"base/kustomization.yaml:3: resources[0]: x.yaml: file does not exist"}},
		"a forgotten":  {layer("base", nil, "kustomization.yaml", list, "x.yaml", ""), []string{"base/x.yaml: is not listed in kustomization.yaml, so a cluster would not get it"}},
		"too large":    {layer("base", nil, "x.yaml", strings.Repeat("#", 3<<20+1)), []string{"base/x.yaml: is larger than 3 MiB"}},
		"placeholders": {layer("local", map[string]string{"A": "1"}, "x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: ${A} ${B}\n"), []string{"local/x.yaml:5: data.x: the placeholder ${B} is unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Load(c.layer)
			compare(t, err, c.want)
		})
	}
}

// A reference into the overlay counts, and so does one that the overlay leaves behind.
func TestProblemsAcrossLayers(t *testing.T) {
	base := layer("base", nil, "f.yaml", serviceWith("envFrom: [{secretRef: {name: s}}]")+"---\n"+
		serviceWithEnvNamed("b", "s", "k"))
	with := layer("local", nil, "s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {K: x}\n")
	_, err := manifest.Load(base, with)
	compare(t, err, []string{`base/f.yaml:21: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: Secret s has no key "k"`})
}

func serviceWithEnvNamed(name, secret, key string) string {
	return strings.Replace(serviceWith("env: [{name: A, valueFrom: {secretKeyRef: {name: "+secret+", key: "+key+"}}}]"), "name: a", "name: "+name, 1)
}

func annotated(lines ...string) string {
	return strings.Replace(named("a"), "template:\n", "template:\n    metadata:\n      annotations:\n        autoscaling.knative.dev/"+strings.Join(lines, "\n        ")+"\n", 1)
}

func job(policy string) string {
	if policy == "" {
		policy = "restartPolicy: Never"
	}
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      # once\n      " + policy +
		"\n      containers: [{image: perigee/j}]\n"
}

func trigger(brokerName, extra string) string {
	return "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: t}\nspec:\n  broker: " + brokerName + "\n  " + extra +
		"\n  subscriber:\n    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: a}\n"
}

const theBroker = "---\napiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: b}\n"

func routed(rules string) string {
	return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n  rules:\n    " + rules + "\n"
}

// FuzzLoad feeds arbitrary documents: whatever they are, they end as a set or as problems.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{goodBase, named("a"), routed("- backendRefs: [{name: a}]"), trigger("b", "filters: [{all: []}]"), "a: &a [*a]", "---\n---\n", "? {a: b}\n: c\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := manifest.Load(layer("f", placeholders, "f.yaml", text))
		var problems manifest.Problems
		if err != nil && !errors.As(err, &problems) {
			t.Errorf("an error of another kind: %v", err)
		}
		for _, p := range problems {
			if p.File == "" || p.Text == "" {
				t.Errorf("a problem without file or text: %+v", p)
			}
		}
	})
}
