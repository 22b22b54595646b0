package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"perigee/local-runner/manifest"
)

// overrides are settings of functions that a command line gives in place of the manifests': what an overlay does in a cluster.
type overrides []override

type override struct {
	function string
	manifest.Variable
}

// Set reads FUNCTION:NAME=VALUE.
func (o *overrides) Set(text string) error {
	function, rest, _ := strings.Cut(text, ":")
	name, value, found := strings.Cut(rest, "=")
	if !found || function == "" || name == "" {
		return errors.New("a function, a setting and its value are needed: FUNCTION:NAME=VALUE")
	}
	*o = append(*o, override{function, manifest.Variable{Name: name, Value: value}})
	return nil
}

// String names what is set; values may be secrets.
func (o *overrides) String() string {
	var all []string
	for _, v := range *o {
		all = append(all, v.function+":"+v.Name)
	}
	return strings.Join(all, ", ")
}

// apply sets them in the services of the manifests.
func (o *overrides) apply(set *manifest.Set) error {
	for _, v := range *o {
		i := slices.IndexFunc(set.Services, func(s manifest.Service) bool { return s.Name.Name == v.function })
		if i < 0 {
			return fmt.Errorf("--env: there is no function %q", v.function)
		}
		env := slices.DeleteFunc(set.Services[i].Env, func(e manifest.Variable) bool { return e.Name == v.Name })
		set.Services[i].Env = append(env, v.Variable)
	}
	return nil
}
