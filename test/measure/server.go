// Package measure is what measurements share: programs that are started as a cluster does, the processor's time that processes
// have had, and answers of HTTP alone, beside which those of a function stand.
package measure

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Program is one that is to be measured. It listens where HOST and PORT of its environment say.
type Program struct {
	Path  string
	Args  []string
	Env   []string                   // beside this process's own
	Ready func(address string) error // nil as soon as it answers
}

// Server is a program that runs.
type Server struct {
	Address string
	Began   time.Duration // from its start to its first answer
	command *exec.Cmd
	said    bytes.Buffer
}

// patience is how long a program may take to answer.
const patience = 20 * time.Second

// Start runs a program until the context ends, and waits until it answers.
func Start(ctx context.Context, p Program) (*Server, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(address)
	s := &Server{Address: address, command: exec.CommandContext(ctx, p.Path, p.Args...)}
	s.command.Env = append(append(os.Environ(), "HOST="+host, "PORT="+port), p.Env...)
	s.command.Stdout, s.command.Stderr = &s.said, &s.said
	began := time.Now()
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("%w (make build makes the functions)", err)
	}
	for end := began.Add(patience); ; time.Sleep(time.Millisecond) {
		err := p.Ready(address)
		if err == nil {
			s.Began = time.Since(began)
			return s, nil
		}
		if time.Now().After(end) {
			s.Stop()
			return nil, fmt.Errorf("%s does not answer: %v\n%s", p.Path, err, s.said.String())
		}
	}
}

// Collected is how the memory of a function is collected where it is deployed, as settings, by its manifest below this folder.
func Collected(function string) ([]string, error) {
	manifest, err := os.ReadFile(filepath.Join("manifests", "base", function+".yaml"))
	if err != nil {
		return nil, err
	}
	var env []string
	for _, m := range collecting.FindAllStringSubmatch(string(manifest), -1) {
		env = append(env, m[1]+"="+m[2])
	}
	return env, nil
}

var collecting = regexp.MustCompile(`name: (GOGC|GOMEMLIMIT)\b.*\n +value: "?(\w+)"?`)

// Answering tells whether a server answers requests for a path as it should.
func Answering(path string) func(address string) error {
	return func(address string) error {
		answer, err := http.Get("http://" + address + path) //nolint:noctx // of a program on this machine, which is waited for
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s is answered %s", path, answer.Status)
		}
		return nil
	}
}

// Stop ends the program.
func (s *Server) Stop() {
	_ = s.command.Process.Signal(os.Interrupt)
	_ = s.command.Wait()
}

// Said is what the program wrote so far that has ended.
func (s *Server) Said() string { return strings.TrimSpace(s.said.String()) }

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
