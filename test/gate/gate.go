// Package gate stands before a server of a test, which can so be taken away and given back.
package gate

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
)

// Gate passes connections on. While it is shut, they are refused, and those that were open are cut. Its port is its own until
// the test ends.
type Gate struct {
	t        *testing.T
	mu       sync.Mutex
	address  string
	to       string
	listener net.Listener // nil while it is shut
	open     map[net.Conn]bool
}

// New opens a gate at an address until the test ends; port 0 takes a free one. Nothing is behind it until Lead.
func New(t *testing.T, address string) *Gate {
	t.Helper()
	g := &Gate{t: t, address: address, open: map[net.Conn]bool{}}
	g.Open()
	t.Cleanup(g.Shut)
	g.reserve()
	return g
}

// reserve binds the port a second time without listening there, so that nobody else is given it while the gate is shut.
func (g *Gate) reserve() {
	g.t.Helper()
	at, err := net.ResolveTCPAddr("tcp4", g.address)
	if err != nil {
		g.t.Fatal(err)
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := shared(socket); err != nil {
		g.t.Fatal(err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}); err != nil {
		g.t.Fatal(err)
	}
}

// shared lets other sockets of this user have the port of a socket, too.
func shared(socket int) error {
	const reusePort = 0xf // SO_REUSEPORT of Linux, to which the package syscall gives no name
	return syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, reusePort, 1)
}

var listening = net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
	if failed := raw.Control(func(socket uintptr) { err = shared(int(socket)) }); failed != nil {
		return failed
	}
	return err
}}

// Address is where the gate listens.
func (g *Gate) Address() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.address
}

// Lead says where the server behind the gate listens.
func (g *Gate) Lead(to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = to
}

// Open lets connections through.
func (g *Gate) Open() {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != nil {
		return
	}
	var err error
	if g.listener, err = listening.Listen(context.Background(), "tcp4", g.address); err != nil {
		g.t.Fatal(err)
	}
	g.address = g.listener.Addr().String()
	go g.accept(g.listener)
}

// Shut takes the server away.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener == nil {
		return
	}
	g.listener.Close()
	g.listener = nil
	for c := range g.open {
		c.Close()
	}
}

func (g *Gate) accept(listener net.Listener) {
	for {
		in, err := listener.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		to := g.to
		g.mu.Unlock()
		out, err := net.Dial("tcp", to)
		if err != nil {
			in.Close()
			continue
		}
		g.pass(in, out)
	}
}

// pass carries what both sides say, unless the gate was shut meanwhile.
func (g *Gate) pass(in, out net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener == nil {
		in.Close()
		out.Close()
		return
	}
	g.open[in], g.open[out] = true, true
	go g.carry(in, out)
	go g.carry(out, in)
}

func (g *Gate) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	from.Close()
	to.Close()
	g.mu.Lock()
	delete(g.open, from)
	g.mu.Unlock()
}
