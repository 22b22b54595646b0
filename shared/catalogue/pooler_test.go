package catalogue_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
)

// pooler stands between clients and a few connections to a server, like pgbouncer in transaction mode: every transaction
// of a client may meet another connection.
type pooler struct {
	servers chan *pgconn.HijackedConn
	turns   *atomic.Int64 // how often a client waited for an answer
}

// pooled gives the address of a database behind a pooler with that many connections, and the count of round trips.
func pooled(t *testing.T, database string, connections int) (address string, turns *atomic.Int64) {
	t.Helper()
	p := pooler{servers: make(chan *pgconn.HijackedConn, connections), turns: new(atomic.Int64)}
	for range connections {
		conn, err := pgconn.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		server, err := conn.Hijack()
		if err != nil {
			t.Fatal(err)
		}
		p.servers <- server
		t.Cleanup(func() { _ = server.Conn.Close() })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return fmt.Sprintf("postgres://tester@%s/any?sslmode=disable", listener.Addr()), p.turns
}

// serve greets a client and hands its transactions to whichever connection is free.
func (p pooler) serve(client net.Conn) {
	defer client.Close()
	greeting := pgproto3.NewBackend(client, client)
	if _, err := greeting.ReceiveStartupMessage(); err != nil {
		return
	}
	greeting.Send(&pgproto3.AuthenticationOk{})
	greeting.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	greeting.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	greeting.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	greeting.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if greeting.Flush() != nil {
		return
	}
	var server *pgconn.HijackedConn
	for {
		kind, message, err := frame(client)
		if err != nil || kind == 'X' {
			return
		}
		if server == nil {
			server = <-p.servers
		}
		if _, err := server.Conn.Write(message); err != nil {
			return
		}
		if kind != 'S' && kind != 'Q' {
			continue
		}
		p.turns.Add(1)
		idle, err := answer(server.Conn, client)
		if err != nil {
			return
		}
		if idle {
			p.servers <- server
			server = nil
		}
	}
}

// answer copies what a server says until it is ready, and tells whether it is outside a transaction.
func answer(server io.Reader, client io.Writer) (idle bool, err error) {
	for {
		kind, message, err := frame(server)
		if err != nil {
			return false, err
		}
		if _, err := client.Write(message); err != nil {
			return false, err
		}
		if kind == 'Z' {
			return message[5] == 'I', nil
		}
	}
}

// frame reads one message of the protocol, with its header.
func frame(from io.Reader) (kind byte, message []byte, err error) {
	header := make([]byte, 5)
	if _, err := io.ReadFull(from, header); err != nil {
		return 0, nil, err
	}
	message = make([]byte, 1+binary.BigEndian.Uint32(header[1:]))
	copy(message, header)
	_, err = io.ReadFull(from, message[5:])
	return header[0], message, err
}

// Many functions with small pools share two connections of the server: nothing they do belongs to a session.
func TestThroughAPooler(t *testing.T) {
	database := cataloguetest.URL(t)
	through, _ := pooled(t, database, 2)
	var group errgroup.Group
	for n := range 6 {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: through, MaxConns: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		group.Go(func() error { return workload(t, s, n) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if page := search(t, s, writer(""), catalogue.Query{Count: true}); *page.Matched != 6*10*3 {
		t.Errorf("%d items were written", *page.Matched)
	}
}

// What is asked all day takes one round trip, a batch of changes three. Only the first time a connection learns the types of statements.
func TestRoundTrips(t *testing.T) {
	through, turns := pooled(t, cataloguetest.URL(t), 1)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: through, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	number, random := 0, rand.New(rand.NewPCG(1, 2))
	triangle := orb.Polygon{{{0, 0}, {9, 9}, {9, 0}, {0, 0}}}
	for name, c := range map[string]struct {
		want int64
		ask  func() error
	}{
		"new items": {3, func() error {
			_, err := s.Apply(t.Context(), writer(""), scenes(&number, 5, random))
			return err
		}},
		"search": {1, func() error {
			_, err := s.Search(t.Context(), writer(""), catalogue.Query{Geometry: triangle, Count: true, Documents: true})
			return err
		}},
		"record": {1, func() error {
			if _, err := s.Record(t.Context(), writer(""), "", "", "x"); fault.KindOf(err) != fault.NotFound {
				return err
			}
			return nil
		}},
		"products": {1, func() error {
			_, err := s.Products(t.Context(), writer(""), catalogue.ProductQuery{Layer: "S2L2A", Geometry: triangle})
			return err
		}},
		"extents": {1, func() error {
			_, err := s.Extents(t.Context(), writer(""))
			return err
		}},
	} {
		if err := c.ask(); err != nil { // its types are known from now on
			t.Fatalf("%s: %v", name, err)
		}
		before := turns.Load()
		if err := c.ask(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if took := turns.Load() - before; took != c.want {
			t.Errorf("%s took %d round trips, want %d", name, took, c.want)
		}
	}
}

// workload writes and reads with statements of changing shapes.
func workload(t *testing.T, s *catalogue.Store, n int) error {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range 10 {
		number := n*1000 + i*3
		if _, err := s.Apply(t.Context(), writer(""), scenes(&number, 3, random)); err != nil {
			return err
		}
		page, err := s.Search(t.Context(), writer(""), catalogue.Query{
			Geometry: box(-180, -90, 180, 90), Count: true, Documents: true, Sort: []catalogue.Sort{{Property: filter.Property(fmt.Sprint("p", i%3))}},
		})
		if err != nil {
			return err
		}
		if len(page.Records) == 0 || page.Records[0].Footprint == nil || *page.Matched < 3 {
			return fmt.Errorf("found %d of %d", len(page.Records), *page.Matched)
		}
		if _, err := s.Products(t.Context(), writer(""), catalogue.ProductQuery{Layer: "S2L2A", Limit: 3}); err != nil {
			return err
		}
	}
	return nil
}
