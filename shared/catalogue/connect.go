package catalogue

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"perigee/shared/fault"
)

const (
	defaultConns    = 4
	defaultTimeout  = 30 * time.Second
	defaultWait     = 5 * time.Second
	connectTimeout  = 5 * time.Second
	grace           = time.Second // that the database has to give up a statement before the connection is given up
	idleTime        = time.Minute
	remembersAtMost = 256    // statements that a connection remembers
	gatheredAtMost  = 20_000 // records that are found for a page and its number together: of more the page alone is found sooner
)

// Open prepares a store. Nothing is connected before the first question; while the database is away questions answer
// fault.Unavailable.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fault.At(fault.Invalid, "DATABASE_URL", "the address of the database cannot be read") // its text may hold a password
	}
	s := &Store{timeout: cfg.StatementTimeout, wait: cfg.Wait, together: gatheredAtMost}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if s.wait <= 0 {
		s.wait = defaultWait
	}
	pc.MaxConns, pc.MinConns, pc.MaxConnIdleTime = cfg.MaxConns, 0, idleTime
	if pc.MaxConns <= 0 {
		pc.MaxConns = defaultConns
	}
	configure(pc.ConnConfig)
	pc.BeforeConnect, pc.PrepareConn = s.choose, s.greet
	if s.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, classify(err, "open the catalogue")
	}
	return s, nil
}

func configure(cc *pgx.ConnConfig) {
	cc.DescriptionCacheCapacity, cc.StatementCacheCapacity = remembersAtMost, remembersAtMost
	cc.ConnectTimeout = connectTimeout
	cc.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: grace}
	}
}

// choose decides how the statements of the next connection travel. One of its own parses each once. Behind a pooler, which
// may give the next transaction another connection, nothing belongs to a session: statements are sent unnamed, with the
// types that were learnt when they were first seen.
func (s *Store) choose(_ context.Context, cc *pgx.ConnConfig) error {
	cc.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if s.pooled.Load() {
		cc.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return nil
}

// greetSQL asks for the number of the type of geometries, which differs from database to database, and limits what the
// statements of a session take where the session is the client's own: the process that answers is the one that was
// connected to.
const greetSQL = `select (select oid from pg_type where typname = 'geometry'), direct,
		case when direct then set_config('statement_timeout', $2::text, false) || set_config('max_parallel_workers_per_gather', '0', false) ||
			set_config('jit', 'off', false) || set_config('plan_cache_mode', 'force_custom_plan', false) end
	from (select pg_backend_pid() = $1::integer as direct) this`

// greet teaches a connection, before it is first used, that geometries are bytes (EWKB) both ways. A database without
// PostGIS is asked again each time, for it may get it; until then Ready says so. A connection that turns out to lead
// through a pooler, when none was known of, is given up for one that is used as such.
func (s *Store) greet(ctx context.Context, conn *pgx.Conn) (bool, error) {
	if _, known := conn.TypeMap().TypeForName("geometry"); known {
		return true, nil
	}
	pooled := s.pooled.Load()
	var oid *uint32
	var direct bool
	var limits *string
	err := conn.QueryRow(ctx, greetSQL, pgx.QueryExecModeExec, int32(conn.PgConn().PID()), s.milliseconds()).Scan(&oid, &direct, &limits) //nolint:gosec // the number of a process
	if err != nil {
		return false, err
	}
	if !direct && !pooled {
		s.pooled.Store(true)
		return false, nil
	}
	if oid != nil {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "geometry", OID: *oid, Codec: pgtype.ByteaCodec{}})
	}
	return true, nil
}

// Close gives the connections back.
func (s *Store) Close() { s.pool.Close() }

// question is one statement of a round trip and what becomes of its rows.
type question struct {
	sql  string
	args []any
	rows func(pgx.Rows) error // nil: there are none to read
}

// one reads the only row of an answer, if there is one.
func one(found *bool, into ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*found = rows.Next()
		if !*found {
			return rows.Err()
		}
		return rows.Scan(into...)
	}
}

// each reads every row of an answer.
func each[T any](list *[]T, scan func(pgx.Rows) (T, error)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return err
			}
			*list = append(*list, v)
		}
		return rows.Err()
	}
}

// ask sends questions in one round trip, which is one transaction. doing says what for, in words.
func (s *Store) ask(ctx context.Context, doing string, questions ...question) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+grace)
	defer cancel()
	conn, err := s.acquire(ctx)
	if err != nil {
		return classify(err, doing)
	}
	defer conn.Release()
	return classify(send(ctx, conn, s.limited(questions)), doing)
}

// lookUp is ask for what is found by its key, by the same plan whatever that is, and takes no time: the context alone bounds it.
func (s *Store) lookUp(ctx context.Context, doing string, q question) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+grace)
	defer cancel()
	conn, err := s.acquire(ctx)
	if err != nil {
		return classify(err, doing)
	}
	defer conn.Release()
	return classify(send(ctx, conn, s.kept([]question{q})), doing)
}

// acquire takes a connection, or makes one. Who waits behind others for it is told soon that there are too many: what is waited for
// longer than people wait is asked for again, and makes the queue longer.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	conn, err := s.pool.Acquire(waiting)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("none of its %d connections was to be had within %v: %w", s.pool.Config().MaxConns, s.wait, err)
	}
	return conn, err
}

// limited puts the limits before questions that are sent to a connection of the pool, unless it has them for all of its
// session (greet). Only those that are connected after the first was tell whether there is a pooler.
func (s *Store) limited(questions []question) []question {
	if !s.pooled.Load() {
		return questions
	}
	return append([]question{s.bounded()}, questions...)
}

// kept has the statements of questions planned once for each connection: the same plan serves whatever their arguments are. A
// session does not do so by itself (greetSQL), and one of a pooler keeps no statements.
func (s *Store) kept(questions []question) []question {
	if s.pooled.Load() {
		return questions
	}
	return append([]question{planOnce}, questions...)
}

// planOnce holds for the statements that follow in the same transaction. It has no arguments, so that it is itself planned once.
var planOnce = question{sql: "select set_config('plan_cache_mode', 'force_generic_plan', true)"}

// bounded limits what the statements that follow in the same transaction take: time, and no further processes or
// compiled code, which cost more than questions like these do. These are not parameters of the connection, because
// poolers refuse those.
func (s *Store) bounded() question {
	return question{
		sql: `select set_config('statement_timeout', $1, true), set_config('max_parallel_workers_per_gather', '0', true),
			set_config('jit', 'off', true)`,
		args: []any{s.milliseconds()},
	}
}

func (s *Store) milliseconds() string { return strconv.FormatInt(s.timeout.Milliseconds(), 10) }

// sender is a connection, of the pool or another.
type sender interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

func send(ctx context.Context, to sender, questions []question) error {
	batch := &pgx.Batch{}
	for _, q := range questions {
		batch.Queue(q.sql, q.args...)
	}
	results := to.SendBatch(ctx, batch)
	for _, q := range questions {
		if err := receive(results, q); err != nil {
			_ = results.Close() // the first failure tells more
			return err
		}
	}
	return results.Close()
}

func receive(results pgx.BatchResults, q question) error {
	if q.rows == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	return q.rows(rows)
}

// The bounds of a transaction of several round trips: they travel with its first and its last statements.
var (
	begin  = question{sql: "begin isolation level read committed"}
	commit = question{sql: "commit"}
)

// transaction runs fn on one connection. What fn sends begins with begin and ends with commit; when it fails in between,
// nothing is kept.
func (s *Store) transaction(ctx context.Context, doing string, fn func(context.Context, sender) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout+grace)
	defer cancel()
	conn, err := s.acquire(ctx)
	if err != nil {
		return classify(err, doing)
	}
	defer conn.Release() // which gives up a connection within a transaction
	err = fn(ctx, conn)
	if status := conn.Conn().PgConn().TxStatus(); err != nil && (status == 'T' || status == 'E') {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_, _ = conn.Exec(end, "rollback")
	}
	return classify(err, doing)
}

// stepwise is transaction where round trips do not count: begin and commit travel by themselves.
func (s *Store) stepwise(ctx context.Context, doing string, fn func(context.Context, sender) error) error {
	return s.transaction(ctx, doing, func(ctx context.Context, tx sender) error {
		if err := send(ctx, tx, []question{begin}); err != nil {
			return err
		}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return send(ctx, tx, []question{commit})
	})
}
