package manifest

import "time"

// defaultRetries is the backoffLimit of a Job that sets none.
const defaultRetries = 6

// job is a Job as it is written.
type job struct {
	Job
	container container
}

func decodeJob(o *object, honoured map[string]func(value)) rest {
	j := &job{Job: Job{Retries: defaultRetries}}
	o.spec = j
	honoured["spec"] = func(v value) {
		v.needs(v.fields(map[string]func(value){
			"template":              j.template,
			"backoffLimit":          func(v value) { j.Retries = v.integer(0, 100) },
			"activeDeadlineSeconds": func(v value) { j.Deadline = time.Duration(v.integer(1, 1<<20)) * time.Second },
			"completions":           func(v value) { v.integer(1, 1) },
			"parallelism":           func(v value) { v.integer(1, 1) },
		}, rest{
			pointless: []string{"ttlSecondsAfterFinished"},
			refused: []string{"selector", "manualSelector", "completionMode", "suspend", "podFailurePolicy", "backoffLimitPerIndex",
				"maxFailedIndexes", "podReplacementPolicy", "managedBy", "successPolicy"},
		}), "template")
	}
	return rest{}
}

func (j *job) template(v value) {
	v.needs(v.fields(map[string]func(value){
		"metadata": func(v value) {
			v.fields(map[string]func(value){
				"labels":      func(v value) { decodeMarks(v, nil) },
				"annotations": func(v value) { decodeMarks(v, nil) },
			}, rest{refused: []string{"name", "namespace"}})
		},
		"spec": func(v value) {
			honoured := j.container.pod()
			honoured["restartPolicy"] = func(v value) { v.oneOf("Never", "OnFailure") }
			v.needs(v.fields(honoured, rest{pointlessPod, refusedPod}), "containers")
		},
	}, rest{}), "spec")
}

// job finishes a Job once every other object is known.
func (a *assembly) job(o *object) Job {
	j := o.spec.(*job)
	j.Name = o.name
	j.Program = a.program(o, j.container)
	return j.Job
}
