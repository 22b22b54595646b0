package manifest

import (
	"strings"
	"time"
)

// Labels and annotations of Knative Serving.
const (
	visibility  = "networking.knative.dev/visibility"
	autoscaling = "autoscaling.knative.dev/"
)

// scaleAnnotations are the honoured ones of spec.template.metadata.
var scaleAnnotations = []string{
	autoscaling + "min-scale", autoscaling + "max-scale", autoscaling + "initial-scale", autoscaling + "target",
	autoscaling + "window", autoscaling + "scale-to-zero-pod-retention-period", autoscaling + "class", autoscaling + "metric",
}

// Knative's defaults (config-defaults, config-autoscaler) and limits.
const (
	defaultTimeout = 300
	longestTimeout = 600
	defaultTarget  = 100
	defaultWindow  = time.Minute
	mostInstances  = 1000
	mostRequests   = 1000
)

// service is a Service as it is written.
type service struct {
	Service
	container container
}

func decodeService(o *object, honoured map[string]func(value)) rest {
	s := &service{Service: Service{Timeout: defaultTimeout * time.Second, Target: defaultTarget, Window: defaultWindow}}
	o.spec = s
	honoured["spec"] = func(v value) {
		v.needs(v.fields(map[string]func(value){"template": s.template}, rest{refused: []string{"traffic"}}), "template")
	}
	return rest{}
}

func (s *service) template(v value) {
	v.needs(v.fields(map[string]func(value){
		"metadata": func(v value) {
			v.fields(map[string]func(value){
				"annotations": func(v value) { s.scale(decodeMarks(v, scaleAnnotations)) },
				"labels":      func(v value) { decodeMarks(v, nil) },
			}, rest{refused: []string{"name", "namespace"}})
		},
		"spec": s.revision,
	}, rest{}), "spec")
}

// scale reads the autoscaling annotations.
func (s *service) scale(annotations map[string]value) {
	for key, v := range annotations {
		switch strings.TrimPrefix(key, autoscaling) {
		case "min-scale":
			s.MinScale = v.textInteger(0, mostInstances)
		case "max-scale":
			s.MaxScale = v.textInteger(0, mostInstances)
		case "initial-scale":
			s.InitialScale = v.textInteger(0, mostInstances)
		case "target":
			s.Target = v.textInteger(1, mostRequests)
		case "window":
			s.Window = v.duration(6*time.Second, time.Hour)
		case "scale-to-zero-pod-retention-period":
			s.Retention = v.duration(0, time.Hour)
		case "class":
			v.oneOf("kpa.autoscaling.knative.dev")
		case "metric":
			v.oneOf("concurrency")
		}
	}
	if s.MaxScale > 0 && s.MinScale > s.MaxScale {
		annotations[autoscaling+"min-scale"].fail("is %d, more than max-scale, which is %d", s.MinScale, s.MaxScale)
	}
}

// duration is a Go duration such as 30s or 1m5s.
func (v value) duration(least, most time.Duration) time.Duration {
	text := v.said()
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		v.fail("%q is not a duration such as 30s or 2m", text)
		return 0
	}
	if d < least || d > most {
		v.fail("must be from %v to %v, but is %v", least, most, d)
	}
	return d
}

// pointlessPod is what means nothing for one process on one machine.
var pointlessPod = []string{
	"serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "imagePullSecrets", "securityContext", "nodeSelector",
	"affinity", "tolerations", "topologySpreadConstraints", "priorityClassName", "runtimeClassName", "schedulerName",
}

// refusedPod is what would mean something, but is not played here.
var refusedPod = []string{
	"initContainers", "dnsConfig", "dnsPolicy", "hostNetwork", "hostPID", "hostIPC", "hostAliases", "hostname", "subdomain",
	"shareProcessNamespace", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "ephemeralContainers", "nodeName", "overhead",
	"preemptionPolicy", "readinessGates", "serviceAccount", "setHostnameAsFQDN", "hostUsers", "os", "resourceClaims",
	"schedulingGates", "resources",
}

func (s *service) revision(v value) {
	seconds := func(v value) { s.Timeout = time.Duration(v.integer(1, longestTimeout)) * time.Second }
	honoured := s.container.pod()
	honoured["containerConcurrency"] = func(v value) { s.Concurrency = v.integer(0, mostRequests) }
	honoured["timeoutSeconds"] = seconds
	v.needs(v.fields(honoured, rest{pointlessPod, append([]string{"responseStartTimeoutSeconds", "idleTimeoutSeconds", "restartPolicy"}, refusedPod...)}), "containers")
}

// service finishes a Service once every other object is known.
func (a *assembly) service(o *object) Service {
	s := o.spec.(*service)
	s.Name = o.name
	s.Program = a.program(o, s.container)
	if v, ok := o.meta.labels[visibility]; ok {
		s.ClusterLocal = v.oneOf("cluster-local") != ""
	}
	return s.Service
}

// Addresses are the names by which the services of a namespace call this one.
func (s Service) Addresses(from string) []string {
	full := s.Name.Name + "." + s.Namespace
	names := []string{full, full + ".svc", full + ".svc.cluster.local"}
	if from == s.Namespace {
		names = append(names, s.Name.Name)
	}
	return names
}
