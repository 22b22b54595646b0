package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// times are how long answers took, and how large they were.
type times struct {
	all   []time.Duration
	bytes int64
	took  time.Duration
}

func (t times) rate() float64 { return float64(len(t.all)) / t.took.Seconds() }

func (t times) at(share float64) time.Duration {
	return t.all[min(len(t.all)-1, int(float64(len(t.all))*share))]
}

func (t times) and(more times) times {
	all := append(t.all, more.all...)
	slices.Sort(all)
	return times{all, t.bytes + more.bytes, t.took + more.took}
}

// ask answers one question of a client, and tells how many bytes the answer had.
type ask func(ctx context.Context, a asked) (int, error)

// most is how many answers of a client are waited for at least, and that come before any is counted.
const (
	least   = 50
	warming = 30
)

// drive has each of several clients ask one question after the other for a while. Each client has its own connection and
// its own parameters, others each time.
func (h *house) drive(ctx context.Context, q question, client func() (ask, func(), error)) (times, error) {
	var all times
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	began, begun := time.Time{}, sync.Once{}
	var ready sync.WaitGroup
	ready.Add(h.clients)
	h.series++
	for n := range h.clients {
		group.Go(func() error {
			random := rand.New(rand.NewPCG(h.seed, h.series<<16|uint64(n)))
			to, end, err := client()
			for i := 0; i < warming && err == nil; i++ {
				_, err = to(ctx, q.make(h, random))
			}
			ready.Done()
			if err != nil {
				return err
			}
			defer end()
			ready.Wait()
			begun.Do(func() { began = time.Now() })
			mine, size, err := h.repeat(ctx, q, random, to)
			mutex.Lock()
			defer mutex.Unlock()
			all.all, all.bytes = append(all.all, mine...), all.bytes+size
			return err
		})
	}
	err := group.Wait()
	all.took = time.Since(began)
	slices.Sort(all.all)
	if err == nil && len(all.all) == 0 {
		err = context.Canceled
	}
	return all, err
}

func (h *house) repeat(ctx context.Context, q question, random *rand.Rand, to ask) (all []time.Duration, size int64, err error) {
	for end := time.Now().Add(h.time); ctx.Err() == nil && (len(all) < least || time.Now().Before(end)); {
		a := q.make(h, random)
		begun := time.Now()
		n, err := to(ctx, a)
		if err != nil {
			return all, size, err
		}
		all, size = append(all, time.Since(begun)), size+int64(n)
	}
	return all, size, nil
}

// connection is a client that spends as little as it can, so that what is measured is the server.
type connection struct {
	host string
	net.Conn
	in   *bufio.Reader
	out  bytes.Buffer
	body bytes.Buffer
}

// connect gives a client of a server.
func connect(host string) func() (ask, func(), error) {
	return func() (ask, func(), error) {
		c, err := net.Dial("tcp", host)
		if err != nil {
			return nil, nil, err
		}
		to := &connection{host: host, Conn: c, in: bufio.NewReaderSize(c, 64<<10)}
		return to.ask, func() { c.Close() }, nil
	}
}

// ask sends a request and reads its answer, which is to be 200 and to tell its length or come in chunks.
func (c *connection) ask(_ context.Context, a asked) (int, error) {
	c.out.Reset()
	method := "GET"
	if a.body != "" {
		method = "POST"
	}
	fmt.Fprintf(&c.out, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, a.path, c.host)
	if a.gzip {
		c.out.WriteString("Accept-Encoding: gzip\r\n")
	}
	if a.body != "" {
		fmt.Fprintf(&c.out, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(a.body))
	}
	c.out.WriteString("\r\n" + a.body)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return 0, err
	}
	return c.read(a)
}

func (c *connection) read(a asked) (int, error) {
	status, err := c.in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	length := 0
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return 0, err
		}
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			break
		}
		switch value = strings.TrimSpace(value); {
		case strings.EqualFold(name, "Content-Length"):
			length, err = strconv.Atoi(value)
		case strings.EqualFold(name, "Transfer-Encoding"):
			length = -1
		}
		if err != nil {
			return 0, err
		}
	}
	c.body.Reset()
	if length < 0 {
		err = c.chunks()
	} else {
		_, err = io.CopyN(&c.body, c.in, int64(length))
	}
	if err == nil && !strings.Contains(status, " 200 ") {
		err = fmt.Errorf("%s %s was answered %s: %.300s", a.path, a.body, strings.TrimSpace(status), c.body.String())
	}
	return c.body.Len(), err
}

func (c *connection) chunks() error {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(&c.body, c.in, size); err != nil {
			return err
		}
		if _, err := c.in.Discard(2); err != nil || size == 0 {
			return err
		}
	}
}
