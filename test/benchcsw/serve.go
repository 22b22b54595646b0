package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is csw as it is measured.
type process struct {
	command *exec.Cmd
	address string
	said    bytes.Buffer
	began   time.Duration // from its start to its first answer to GetRecords
}

// start runs csw as a cluster does, on a database, until it answers. Its manifest is looked for below the folder that this runs in.
func (h *house) start(ctx context.Context, database string) (*process, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &process{address: l.Addr().String()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	manifest, err := os.ReadFile(filepath.Join("manifests", "base", "csw.yaml"))
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(p.address)
	p.command = exec.CommandContext(ctx, filepath.Join(h.bin, "csw"))
	p.command.Env = append(os.Environ(), "HOST="+host, "PORT="+port, "AUTH=none", "DATABASE_URL="+database, "DATABASE_CONNECTIONS="+strconv.Itoa(h.clients), "REGISTER_URL=http://127.0.0.1:1")
	for _, m := range collected.FindAllStringSubmatch(string(manifest), -1) {
		p.command.Env = append(p.command.Env, m[1]+"="+m[2])
	}
	p.command.Stdout, p.command.Stderr = &p.said, &p.said
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("%w (make build makes the functions)", err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err := p.once(kindNamed("hits").make(h, nil))
		if err == nil {
			p.began = time.Since(began)
			return p, nil
		}
		if time.Now().After(end) {
			p.stop()
			return nil, fmt.Errorf("csw does not answer: %v\n%s", err, p.said.String())
		}
	}
}

// collected is how the memory of csw is collected where it is deployed.
var collected = regexp.MustCompile(`name: (GOGC|GOMEMLIMIT)\b.*\n +value: "?(\w+)"?`)

func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt)
	_ = p.command.Wait()
}

// once asks by a connection of its own.
func (p *process) once(a asked) (int, error) {
	c, err := net.Dial("tcp", p.address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return (&connection{Conn: c, in: bufio.NewReader(c)}).ask(a)
}

// connection is a client that spends as little as it can, so that what is measured is the server.
type connection struct {
	net.Conn
	in  *bufio.Reader
	out bytes.Buffer
}

// ask sends a request, and gives the bytes of its answer, which is to be 200 and no report of exceptions.
func (c *connection) ask(a asked) (int, error) {
	c.out.Reset()
	if a.body != "" {
		fmt.Fprintf(&c.out, "POST /csw HTTP/1.1\r\nHost: bench\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(a.body), a.body)
	} else {
		fmt.Fprintf(&c.out, "GET /csw?%s HTTP/1.1\r\nHost: bench\r\n\r\n", a.query)
	}
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var start [300]byte
	n, err := io.ReadFull(answer.Body, start[:])
	if answer.StatusCode != http.StatusOK || bytes.Contains(start[:n], []byte("ExceptionReport")) {
		return n, fmt.Errorf("%s%s was answered %s: %s", a.query, a.body, answer.Status, start[:n])
	}
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return n, nil
	}
	rest, err := io.Copy(io.Discard, answer.Body)
	return n + int(rest), err
}

// spent is processor time so far: of csw, of the database's processes that are there, and of this program.
type spent struct{ server, database, self time.Duration }

func (h *house) spent(_ context.Context, server *process) spent {
	var s spent
	if server != nil {
		s.server, _ = statOf(strconv.Itoa(server.command.Process.Pid))
	}
	lock, _ := os.ReadFile(h.lock) // its first line is the first process
	parent, _, _ := strings.Cut(string(lock), "\n")
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range all {
		if spent, of := statOf(filepath.Base(folder)); of == parent {
			s.database += spent
		}
	}
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
		s.self = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return s
}

// tick is the unit of /proc.
const tick = 10 * time.Millisecond

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

// serverLog keeps what the database says, while it is listened to.
type serverLog struct {
	mu        sync.Mutex
	listening bool
	lines     []string
}

func (l *serverLog) note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listening {
		l.lines = append(l.lines, line)
	}
}

// take gives what was said since the last time, and whether to listen on.
func (l *serverLog) take(listen bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines, l.listening = nil, listen
	return lines
}
