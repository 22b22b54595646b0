package function

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// A large answer leaves package http in two pieces, its head with the beginning of its body and then the rest, each by a
// call of the system that wakes the asker up. Where an answer is written at once, its pieces go out together.

// connections are those of a listener, each of which can hold a piece back.
type connections struct{ net.Listener }

// Accept waits for the next connection.
func (l connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &connection{TCPConn: tcp}, err
	}
	return c, err
}

// connection is one that holds the first piece of an answer back until the next comes. It is written to by one goroutine
// at a time, that of the request.
type connection struct {
	*net.TCPConn
	holding bool   // the next piece is to be held back
	held    []byte // a piece that is held back
}

// pieceBytes is the size of the pieces that package http gathers.
const pieceBytes = 4 << 10

// Write sends a piece behind the one that was held back, or holds it back.
func (c *connection) Write(p []byte) (int, error) {
	if c.holding && len(p) <= pieceBytes {
		c.holding, c.held = false, append(c.held, p...)
		return len(p), nil
	}
	c.holding = false
	if len(c.held) == 0 {
		return c.TCPConn.Write(p)
	}
	pieces := net.Buffers{c.held, p}
	before := len(c.held)
	c.held = c.held[:0]
	n, err := pieces.WriteTo(c.TCPConn)
	return max(int(n)-before, 0), err
}

// hold has the next piece held back until another one comes or release is called.
func (c *connection) hold() { c.holding = true }

// release sends what is still held back.
func (c *connection) release() error {
	c.holding = false
	if len(c.held) == 0 {
		return nil
	}
	p := c.held
	c.held = c.held[:0]
	_, err := c.TCPConn.Write(p)
	return err
}

type connectionKey struct{}

// withConnection is a context in which the connection of a request is found.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// writeTogether writes to an answer so that it goes out at once with what was not sent yet.
func writeTogether(ctx context.Context, w http.ResponseWriter, p []byte) (int, error) {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok || len(p) < pieceBytes {
		return w.Write(p)
	}
	c.hold()
	n, err := w.Write(p)
	return n, errors.Join(err, c.release())
}
