package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"perigee/local-runner/child"
)

// makeTime bounds each step of making a cluster.
const makeTime = 2 * time.Minute

// extensions are what the catalogue needs; only a superuser may add them, and the functions are none.
var extensions = [...]string{"postgis", "pg_trgm", "btree_gist"}

// makeCluster runs initdb where there is no cluster. One whose making was interrupted is made again: the file
// "complete" is written last.
func (s *Server) makeCluster(ctx context.Context) error {
	if text, err := os.ReadFile(s.layout.secret()); err == nil && s.complete() {
		s.secret = strings.TrimSpace(string(text))
		return nil
	}
	if err := s.layout.clearLocks(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(s.layout.data()); err != nil {
		return fmt.Errorf("removing a database whose making was interrupted: %w", err)
	}
	if err := s.makeSecret(); err != nil {
		return err
	}
	if err := s.layout.own(s.layout.data()); err != nil {
		return err
	}
	return s.run(ctx, "initdb", s.initArguments(), "")
}

func (s *Server) initArguments() []string {
	return []string{"-D", s.layout.data(), "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
		"--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions"}
}

func (s *Server) makeSecret() error {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("making the database's password: %w", err)
	}
	s.secret = cmp.Or(s.cfg.Password, hex.EncodeToString(raw))
	if err := os.WriteFile(s.layout.secret(), []byte(s.secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("keeping the database's password: %w", err)
	}
	return nil
}

func (s *Server) complete() bool {
	_, err := os.Stat(s.layout.made())
	return !errors.Is(err, fs.ErrNotExist)
}

// makeDatabase makes the role and the database once; the password holds no character that needs quoting.
func (s *Server) makeDatabase(ctx context.Context) error {
	if s.complete() {
		return nil
	}
	if err := s.sql(ctx, "postgres", s.roleSQL()); err != nil {
		return fmt.Errorf("making the role perigee: %w", err)
	}
	if !s.cfg.Throwaway {
		if err := s.makePerigee(ctx); err != nil {
			return err
		}
	}
	if err := s.flush(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(s.layout.made(), []byte("PostgreSQL "+strconv.Itoa(s.install.major)+"\n"), 0o644); err != nil {
		return fmt.Errorf("noting that the database is complete: %w", err)
	}
	return nil
}

// flush has the new cluster written to disk in one go, which is quicker than initdb's way of file by file.
func (s *Server) flush(ctx context.Context) error {
	if s.cfg.Throwaway {
		return nil
	}
	if err := child.Run(ctx, child.Spec{Path: "/bin/sync", Args: []string{"-f", s.layout.dir}, Dir: "/"}); err != nil {
		return fmt.Errorf("writing the new database to disk: %w", err)
	}
	return nil
}

func (s *Server) roleSQL() string {
	if s.cfg.Throwaway {
		return "CREATE ROLE perigee LOGIN SUPERUSER PASSWORD '" + s.secret + "';"
	}
	return "CREATE ROLE perigee LOGIN PASSWORD '" + s.secret + "';"
}

func (s *Server) makePerigee(ctx context.Context) error {
	if err := s.sql(ctx, "postgres", "CREATE DATABASE perigee OWNER perigee;"); err != nil {
		return fmt.Errorf("making the database perigee: %w", err)
	}
	var b strings.Builder
	for _, name := range extensions {
		b.WriteString("CREATE EXTENSION " + name + ";\n")
	}
	if err := s.sql(ctx, "perigee", b.String()); err != nil {
		return fmt.Errorf("adding the extensions (is postgresql-%d-postgis-3 installed?): %w", s.install.major, err)
	}
	return nil
}

// sql runs statements as the superuser, over the socket.
func (s *Server) sql(ctx context.Context, database, statements string) error {
	return s.run(ctx, "psql", []string{
		"--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--host=" + s.layout.socket,
		"--port=" + strconv.Itoa(s.layout.port), "--username=postgres", "--dbname=" + database,
	}, statements)
}

func (s *Server) run(ctx context.Context, program string, args []string, stdin string) error {
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	spec := s.layout.spec(s.install.program(program), args, nil)
	spec.Stdin = stdin
	return child.Run(ctx, spec)
}
