package main

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
	"strconv"
	"strings"
	"time"
)

// process is a server that is measured.
type process struct {
	command *exec.Cmd
	address string
	said    bytes.Buffer
}

// start runs a program until the context ends, and waits until it answers.
func start(ctx context.Context, path, program string, args, env []string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(address)
	p := &process{address: address}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ADDRESS", address)
	}
	p.command = exec.CommandContext(ctx, program, args...)
	p.command.Env = append(append(os.Environ(), "HOST="+host, "PORT="+port), env...)
	p.command.Stdout, p.command.Stderr = &p.said, &p.said
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("%w (make build makes the functions)", err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get("http://" + address + path)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return p, nil
			}
		}
		if time.Now().After(end) {
			p.stop()
			return nil, fmt.Errorf("%s does not answer: %v\n%s", program, err, p.said.String())
		}
	}
}

func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt)
	_ = p.command.Wait()
}

// function starts a function as a cluster does.
func (h *house) function(ctx context.Context, name string) (*process, error) {
	env := []string{
		"AUTH=none", "DATABASE_URL=" + h.url, "DATABASE_CONNECTIONS=" + strconv.Itoa(h.clients), "REGISTER_URL=http://127.0.0.1:1",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_REGION=local", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
	}
	manifest, err := os.ReadFile(filepath.Join("manifests", "base", name+".yaml"))
	if err != nil {
		return nil, err
	}
	for _, m := range collected.FindAllStringSubmatch(string(manifest), -1) {
		env = append(env, m[1]+"="+m[2])
	}
	return start(ctx, "/"+name, filepath.Join(h.bin, name), nil, env)
}

// functions starts those that are measured.
func (h *house) functions(ctx context.Context) (servers map[string]*process, stop func(), err error) {
	servers = map[string]*process{}
	stop = func() {
		for _, p := range servers {
			p.stop()
		}
	}
	for _, name := range []string{"stac", "records"} {
		if servers[name], err = h.function(ctx, name); err != nil {
			delete(servers, name)
			stop()
			return nil, nil, err
		}
	}
	return servers, stop, nil
}

// collected is how a function's memory is collected where it is deployed.
var collected = regexp.MustCompile(`name: (GOGC|GOMEMLIMIT)\b.*\n +value: "?(\w+)"?`)

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tick is the unit of /proc.
const tick = 10 * time.Millisecond

// spent is the processor's time that a process has had.
func (p *process) spent() time.Duration {
	spent, _ := statOf(strconv.Itoa(p.command.Process.Pid))
	return spent
}

// databaseSpent is the processor's time that the processes of the database have had that are there.
func (h *house) databaseSpent() time.Duration {
	lock, _ := os.ReadFile(filepath.Join(h.state, "postgres", "data", "postmaster.pid")) // its first line is the first process
	server, _, _ := strings.Cut(string(lock), "\n")
	all, _ := filepath.Glob("/proc/[0-9]*")
	var sum time.Duration
	for _, folder := range all {
		if spent, parent := statOf(filepath.Base(folder)); parent == server {
			sum += spent
		}
	}
	return sum
}

// statOf reads what the system says of a process: fields 4, 14 and 15 of its line, of which the second may hold spaces within
// brackets. What cannot be read counts as nothing.
func statOf(pid string) (spent time.Duration, parent string) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, ""
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, ""
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, fields[1]
}

// memory is what a process has in memory, in megabytes.
func (p *process) memory() float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid)) // what cannot be read counts as nothing
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kilobytes, _ := strconv.Atoi(number)
	return float64(kilobytes) / 1024
}

// serveBare answers each request with as many bytes as its path says, at an address.
func serveBare(ctx context.Context, address string) error {
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	server := &http.Server{Addr: address, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.Header().Set("Content-Length", strconv.Itoa(min(n, len(body))))
		_, _ = w.Write(body[:min(n, len(body))]) // the client may be gone
	})}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}
