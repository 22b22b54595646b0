package manifest

import (
	"path"
	"regexp"
	"slices"
)

// container is the one container of a pod, as it is written.
type container struct {
	at      value
	binary  string
	command []string
	args    []string
	from    []envFrom
	env     []envEntry
}

// pointlessContainer is what means nothing for a process that is not confined.
var pointlessContainer = []string{
	"resources", "securityContext", "imagePullPolicy", "livenessProbe", "readinessProbe", "startupProbe",
	"terminationMessagePath", "terminationMessagePolicy",
}

// refusedContainer is what would mean something, but is not played here.
var refusedContainer = []string{"workingDir", "lifecycle", "stdin", "stdinOnce", "tty", "volumeDevices", "restartPolicy", "resizePolicy"}

// pod gives the keys of a PodSpec that lead to its container.
func (c *container) pod() map[string]func(value) {
	return map[string]func(value){
		"containers": func(v value) {
			items := v.items()
			if len(items) != 1 {
				v.fail("local-runner honours exactly one container, not %d", len(items))
			}
			for _, item := range items {
				c.decode(item)
			}
		},
		"volumes": func(v value) {
			for _, item := range v.items() {
				item.needs(item.fields(map[string]func(value){
					"name": func(v value) { v.name() }, "emptyDir": func(value) {},
				}, rest{refused: []string{"configMap", "secret", "projected", "persistentVolumeClaim", "hostPath", "csi", "ephemeral", "nfs", "downwardAPI", "image"}}), "name")
			}
		},
	}
}

func (c *container) decode(v value) {
	c.at = v
	v.needs(v.fields(map[string]func(value){
		"name":         func(v value) { v.name() },
		"image":        func(v value) { c.binary = v.image() },
		"command":      func(v value) { c.command = v.list() },
		"args":         func(v value) { c.args = v.list() },
		"env":          func(v value) { c.env = decodeEnv(v) },
		"envFrom":      func(v value) { c.from = decodeEnvFrom(v) },
		"ports":        decodePorts,
		"volumeMounts": decodeMounts,
	}, rest{pointlessContainer, refusedContainer}), "image")
	if len(c.command) > 0 {
		c.binary, c.args = path.Base(c.command[0]), slices.Concat(c.command[1:], c.args)
		if !binaryName.MatchString(c.binary) {
			v.fail("the command %q names no program", c.command[0])
		}
	}
}

// binaryName is what a function's binary may be called.
var binaryName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// imageName is an image of this project: a registry may stand before it, a tag or a digest behind it.
var imageName = regexp.MustCompile(`^(?:ko://)?(?:[^\s@]+/)?perigee/(?:functions/)?([a-z0-9][a-z0-9_-]*)(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$`)

// image is the name of the binary in an image.
func (v value) image() string {
	text := v.said()
	parts := imageName.FindStringSubmatch(text)
	if parts == nil {
		if text != "" {
			v.fail("local-runner knows the binaries of perigee/NAME and ko://perigee/functions/NAME, not of %q", text)
		}
		return ""
	}
	return parts[1]
}

// decodePorts takes one port: its number means nothing here, because the runner chooses one and tells the program.
func decodePorts(v value) {
	items := v.items()
	if len(items) > 1 {
		v.fail("a service has at most one port, not %d", len(items))
	}
	for _, item := range items {
		item.fields(map[string]func(value){
			"name":          func(v value) { v.oneOf("http1") },
			"containerPort": func(v value) { v.integer(0, 65535) },
			"protocol":      func(v value) { v.oneOf("TCP") },
		}, rest{refused: []string{"hostPort", "hostIP"}})
	}
}

// decodeMounts takes a scratch folder on /tmp, which every process here has anyhow.
func decodeMounts(v value) {
	for _, item := range v.items() {
		item.needs(item.fields(map[string]func(value){
			"name": func(v value) { v.name() },
			"mountPath": func(v value) {
				if text := v.text(); path.Clean(text) != "/tmp" {
					v.fail("local-runner honours only a scratch folder on /tmp, not on %q", text)
				}
			},
		}, rest{refused: []string{"subPath", "subPathExpr", "readOnly", "mountPropagation", "recursiveReadOnly"}}), "name", "mountPath")
	}
}
