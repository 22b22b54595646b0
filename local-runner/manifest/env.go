package manifest

import (
	"regexp"
	"slices"
	"strings"

	"perigee/local-runner/broker"
)

// envEntry is one entry of a container's env.
type envEntry struct {
	at    value
	name  string
	value string
	from  *reference // nil: value
}

// envFrom is one entry of a container's envFrom.
type envFrom struct {
	prefix string
	from   reference
}

// reference names an object of the same namespace, and a key in it.
type reference struct {
	at       value
	kind     string
	name     string
	key      string
	optional bool
}

// variableName is what a variable may be called; Kubernetes allows more, but shells do not.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved are the variables that Knative itself sets and lets nobody else set.
var reserved = []string{"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}

// hostVariable says on which address a program listens: here always on loopback, where the runner asks it.
const hostVariable = "HOST"

func decodeEnv(v value) []envEntry {
	var all []envEntry
	for _, item := range v.items() {
		e := envEntry{at: item}
		seen := item.fields(map[string]func(value){
			"name":      func(v value) { e.name = v.variable() },
			"value":     func(v value) { e.value = v.text() },
			"valueFrom": func(v value) { e.from = decodeValueFrom(v) },
		}, rest{})
		item.needs(seen, "name")
		if seen["value"] && seen["valueFrom"] {
			item.fail("has both value and valueFrom")
		}
		if slices.ContainsFunc(all, func(other envEntry) bool { return other.name == e.name && e.name != "" }) {
			item.fail("%s is set twice", e.name)
		}
		all = append(all, e)
	}
	return all
}

func (v value) variable() string {
	name := v.said()
	switch {
	case name == "":
	case !variableName.MatchString(name):
		v.fail("%q is not the name of a variable", name)
	case slices.Contains(reserved, name):
		v.fail("%s is set by Knative alone", name)
	case name == hostVariable:
		v.fail("%s is set by local-runner, which keeps every program on loopback", name)
	}
	return name
}

func decodeValueFrom(v value) *reference {
	var ref *reference
	take := func(kind string) func(value) {
		return func(v value) {
			if ref != nil {
				v.fail("valueFrom has one source only")
			}
			decoded := decodeReference(v, kind, true)
			ref = &decoded
		}
	}
	v.fields(map[string]func(value){"secretKeyRef": take("Secret"), "configMapKeyRef": take("ConfigMap")},
		rest{refused: []string{"fieldRef", "resourceFieldRef", "fileKeyRef"}})
	if ref == nil {
		v.fail("secretKeyRef or configMapKeyRef is missing")
	}
	return ref
}

func decodeReference(v value, kind string, keyed bool) reference {
	ref := reference{at: v, kind: kind}
	honoured := map[string]func(value){
		"name":     func(v value) { ref.name = v.name() },
		"optional": func(v value) { ref.optional = v.flag() },
	}
	needed := []string{"name"}
	if keyed {
		honoured["key"] = func(v value) { ref.key = v.said() }
		needed = append(needed, "key")
	}
	v.needs(v.fields(honoured, rest{}), needed...)
	return ref
}

func decodeEnvFrom(v value) []envFrom {
	var all []envFrom
	for _, item := range v.items() {
		var e envFrom
		count := 0
		take := func(kind string) func(value) {
			return func(v value) {
				count++
				e.from = decodeReference(v, kind, false)
			}
		}
		item.fields(map[string]func(value){
			"prefix":       func(v value) { e.prefix = v.text() },
			"configMapRef": take("ConfigMap"),
			"secretRef":    take("Secret"),
		}, rest{})
		if count != 1 {
			item.fail("needs exactly one of configMapRef and secretRef")
			continue
		}
		all = append(all, e)
	}
	return all
}

// environment gathers variables in the order in which they were first set.
type environment struct {
	names  []string
	values map[string]string
}

func (e *environment) set(name, text string) {
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = text
}

func (e *environment) list() []Variable {
	all := make([]Variable, len(e.names))
	for i, name := range e.names {
		all[i] = Variable{name, e.values[name]}
	}
	return all
}

// expansion is $(NAME), or $$, which stands for one $.
var expansion = regexp.MustCompile(`\$\$|\$\([^)]*\)`)

// expand replaces $(NAME) by a variable that was set before; an unknown one stays as it is, as in Kubernetes.
func (e *environment) expand(text string) string {
	return expansion.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if filled, ok := e.values[strings.TrimSuffix(found[2:], ")")]; ok {
			return filled
		}
		return found
	})
}

// program resolves a container's references and expansions.
func (a *assembly) program(o *object, c container) Program {
	env := &environment{values: map[string]string{}}
	for _, from := range c.from {
		a.addAll(env, o.name.Namespace, from)
	}
	for _, e := range c.env {
		switch {
		case e.from == nil:
			env.set(e.name, env.expand(e.value))
		default:
			if text, ok := a.lookup(o.name.Namespace, *e.from); ok {
				env.set(e.name, text)
			}
		}
	}
	args := make([]string, len(c.args))
	for i, arg := range c.args {
		args[i] = env.expand(arg)
	}
	return Program{Binary: c.binary, Args: args, Env: env.list()}
}

func (a *assembly) addAll(env *environment, namespace string, from envFrom) {
	held, ok := a.data(namespace, from.from)
	if !ok {
		return
	}
	for _, key := range sortedKeys(held) {
		name := from.prefix + key
		if !variableName.MatchString(name) {
			from.from.at.fail("%s %s holds the key %q, which is not the name of a variable", from.from.kind, from.from.name, key)
			continue
		}
		if name == hostVariable || slices.Contains(reserved, name) {
			from.from.at.fail("%s %s holds the key %q, a variable that others set", from.from.kind, from.from.name, key)
			continue
		}
		env.set(name, held[key])
	}
}

func (a *assembly) lookup(namespace string, ref reference) (string, bool) {
	held, ok := a.data(namespace, ref)
	if !ok {
		return "", false
	}
	text, ok := held[ref.key]
	if !ok && !ref.optional {
		ref.at.fail("%s %s has no key %q", ref.kind, ref.name, ref.key)
	}
	return text, ok
}

// data is what the ConfigMap or Secret holds that is meant.
func (a *assembly) data(namespace string, ref reference) (data, bool) {
	o, ok := a.byName[ref.kind+" "+broker.Name{Namespace: namespace, Name: ref.name}.String()]
	if !ok {
		if !ref.optional && ref.name != "" {
			ref.at.fail("there is no %s %q in the namespace %s", ref.kind, ref.name, namespace)
		}
		return nil, false
	}
	held, ok := o.spec.(data)
	return held, ok
}
