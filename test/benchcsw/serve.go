package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"perigee/test/measure"
)

// start runs csw as a cluster does, on a database, until it answers GetRecords. It writes by register, where that is given. Its manifest
// is looked for below the folder that this runs in.
func (h *house) start(ctx context.Context, database string, register *measure.Server) (*measure.Server, error) {
	env, err := measure.Collected("csw")
	if err != nil {
		return nil, err
	}
	env = append(env, "AUTH=none", "DATABASE_URL="+database, "DATABASE_CONNECTIONS="+strconv.Itoa(h.clients), "REGISTER_URL=http://127.0.0.1:1")
	if register != nil {
		env = append(env, "CSW_WRITES=true", "REGISTER_URL=http://"+register.Address)
	}
	return measure.Start(ctx, measure.Program{Path: filepath.Join(h.bin, "csw"), Env: env, Ready: func(address string) error {
		_, err := once(address, kindNamed("hits").make(h, nil))
		return err
	}})
}

// once asks by a connection of its own.
func once(address string, a asked) (int, error) {
	c, err := net.Dial("tcp", address)
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

func (h *house) spent(server *measure.Server) spent {
	s := spent{database: measure.Database(h.data), self: measure.Self()}
	if server != nil {
		s.server = server.Spent()
	}
	return s
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
