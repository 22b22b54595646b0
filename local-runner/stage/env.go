package stage

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// inherited are the variables that a program gets from the runner: those that describe the machine. A pod would not
// have the others, so neither has a program here.
var inherited = []string{
	"PATH", "HOME", "TMPDIR", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG", "GOTRACEBACK", "GOCOVERDIR",
}

// machine are the inherited variables with their values.
func machine() []string {
	var env []string
	for _, name := range inherited {
		if text, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+text)
		}
	}
	return env
}

// prepareEnv puts the environment of the service's program together.
func (s *Service) prepareEnv() error {
	name := s.spec.Name.Name
	s.env = append(machine(), "K_SERVICE="+name, "K_CONFIGURATION="+name, "K_REVISION="+name+"-00001")
	if s.stage.cfg.Sink != nil {
		if sink := s.stage.cfg.Sink(s.spec.Name); sink != "" {
			s.env = append(s.env, "K_SINK="+sink)
		}
	}
	var problems error
	for _, v := range s.spec.Env {
		text, err := s.stage.Localise(s.spec.Namespace, v.Value)
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("%s of %s: %w", v.Name, s.spec.Name, err))
		}
		s.env = append(s.env, v.Name+"="+text)
	}
	return problems
}

// address is an address within a text, its host and port.
var address = regexp.MustCompile(`http://([A-Za-z0-9][A-Za-z0-9.-]*)(:[0-9]+)?`)

// Localise replaces the addresses of the cluster in a text by those on this machine. A name of the cluster that nobody
// has here is an error; other names are left alone.
func (s *Stage) Localise(namespace, text string) (string, error) {
	var problem error
	local := address.ReplaceAllStringFunc(text, func(found string) string {
		host := strings.TrimPrefix(found, "http://")
		if i := strings.IndexByte(host, ':'); i >= 0 {
			host = host[:i]
		}
		if here, ok := s.lookup(namespace, host); ok {
			return here
		}
		if ofCluster(host) {
			problem = errors.Join(problem, fmt.Errorf("%s is an address of the cluster that nothing has here", found))
		}
		return found
	})
	return local, problem
}

func ofCluster(host string) bool {
	return strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

func (s *Stage) lookup(namespace, host string) (string, bool) {
	if here, ok := s.cfg.Addresses[host]; ok {
		return here, true
	}
	for _, service := range s.services {
		for _, name := range service.spec.Addresses(namespace) {
			if name == host {
				return service.local, true
			}
		}
	}
	return "", false
}
