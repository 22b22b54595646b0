package postgres

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary plays a runner that has a cluster and waits to be killed, and a runner of a plain user.
func TestMain(m *testing.M) {
	switch os.Getenv("PLAY") {
	case "runner":
		playRunner()
	case "plain":
		playPlain()
	default:
		os.Exit(m.Run())
	}
}

func playRunner() {
	s, err := Start(context.Background(), Config{Dir: os.Getenv("DIR"), Throwaway: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready", s.process.PID())
	select {}
}

func playPlain() {
	s, err := Start(context.Background(), Config{Dir: os.Getenv("DIR"), Throwaway: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(os.Getuid(), s.URL())
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopServer(t, s) })
	return s
}

func stopServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// query asks as any client would.
func query(t *testing.T, s *Server, url, sql string) string {
	t.Helper()
	out, err := exec.Command(s.install.program("psql"), "--no-psqlrc", "-At", "-c", sql, url).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

// A cluster that is kept: its address stays, its role is no superuser, its extensions are there, and it survives what a
// runner that died leaves behind.
func TestKeptCluster(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "postgres")
	s := start(t, Config{Dir: dir})
	if got := query(t, s, s.URL(), "SELECT current_database() || current_user || rolsuper FROM pg_roles WHERE rolname = current_user"); got != "perigeeperigeefalse" {
		t.Errorf("%s", got)
	}
	if got := query(t, s, s.SocketURL(), "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'"); got != "btree_gist pg_trgm postgis" {
		t.Errorf("extensions %s", got)
	}
	if got := query(t, s, s.URL(), "SHOW fsync"); got != "on" {
		t.Errorf("fsync %s", got)
	}
	query(t, s, s.URL(), "CREATE TABLE kept (); CREATE EXTENSION IF NOT EXISTS postgis")
	url := s.URL()
	stopServer(t, s)

	t.Run("again", func(t *testing.T) {
		again := start(t, Config{Dir: dir})
		if again.URL() != url {
			t.Errorf("the address was %s and is %s", url, again.URL())
		}
		query(t, again, again.URL(), "TABLE kept")
	})
	t.Run("another port when that one is taken", func(t *testing.T) {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.layout.port))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		moved := start(t, Config{Dir: dir})
		if moved.layout.port == s.layout.port || moved.layout.port == 5432 {
			t.Errorf("port %d", moved.layout.port)
		}
		query(t, moved, moved.URL(), "TABLE kept")
	})
	t.Run("a lock of somebody else's process", func(t *testing.T) {
		lock := filepath.Join(dir, "data", "postmaster.pid")
		if err := os.WriteFile(lock, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		freed := start(t, Config{Dir: dir})
		query(t, freed, freed.URL(), "TABLE kept")
	})
	t.Run("the version that made it is gone", func(t *testing.T) {
		version := filepath.Join(dir, "data", "PG_VERSION")
		made, err := os.ReadFile(version)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(version, []byte("12\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = Start(context.Background(), Config{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), "were made by PostgreSQL 12, which is not installed any more: install postgresql-12 and postgresql-12-postgis-3, or forget the data") {
			t.Errorf("got %v", err)
		}
		if err := os.WriteFile(version, made, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("made again when its making was interrupted", func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, "complete")); err != nil {
			t.Fatal(err)
		}
		anew := start(t, Config{Dir: dir, Throwaway: true})
		if got := query(t, anew, anew.SocketURL(), "SELECT rolsuper, current_setting('fsync') FROM pg_roles WHERE rolname = current_user"); got != "t|off" {
			t.Errorf("%s", got)
		}
	})
}

// A runner that is killed takes its server down with it; one that starts at once waits for the end of that.
func TestServerDiesWithItsRunner(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A path that is too long for a socket.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 25))
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PLAY=runner", "DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ready string
	var pid int
	if _, err := fmt.Fscan(out, &ready, &pid); err != nil || ready != "ready" {
		t.Fatalf("%q %v", ready, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	s := start(t, Config{Dir: dir, Throwaway: true})
	if alive(pid) {
		t.Errorf("the server %d of the killed runner lives on", pid)
	}
	if !strings.HasPrefix(s.layout.socket, "/tmp/perigee-") {
		t.Errorf("the socket is in %s", s.layout.socket)
	}
	query(t, s, s.SocketURL(), "SELECT 1")
	again, err := prepare(dir)
	if err != nil || again.socket != s.layout.socket {
		t.Errorf("the socket's folder was %s and is %s, %v", s.layout.socket, again.socket, err)
	}
	stopServer(t, s)
	if _, err := os.Stat(s.layout.socket); err == nil {
		t.Errorf("%s was left behind", s.layout.socket)
	}
}

// A short folder that others may write to is not used again: somebody may wait there for the password.
func TestForeignSocketFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 25))
	first, err := prepare(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(first.socket, 0o777); err != nil {
		t.Fatal(err)
	}
	second, err := prepare(dir)
	if err != nil || second.socket == first.socket {
		t.Errorf("%s is used again, %v", first.socket, err)
	}
	for _, l := range []layout{first, second} {
		if err := l.forgetSocket(); err != nil {
			t.Error(err)
		}
	}
}

// nobody is the user that owns nothing.
const nobody = 65534

// A plain user runs the server as itself; when the tests run as root, another process is that user.
func TestPlainUser(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("/tmp", "perigee-plain-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	program := copyTo(t, self, filepath.Join(root, "program"))
	cmd := exec.Command(program)
	cmd.Env, cmd.Dir = append(os.Environ(), "PLAY=plain", "DIR="+filepath.Join(root, "postgres")), "/"
	uid := os.Getuid()
	if uid == 0 {
		uid = nobody
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(root, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), fmt.Sprintf("%d postgres://perigee:", uid)) {
		t.Errorf("%v: %s", err, out)
	}
}

func copyTo(t *testing.T, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}
