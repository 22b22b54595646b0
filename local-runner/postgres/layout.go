package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"perigee/local-runner/child"
)

// layout is where the parts of a cluster are and as whom its programs run.
type layout struct {
	dir    string
	socket string
	port   int
	owner  *child.User // nil: the runner's own user
}

// kept is what a cluster remembers from one start to the next.
type kept struct {
	Port   int    `json:"port"`
	Socket string `json:"socket"`
}

func (l layout) data() string   { return filepath.Join(l.dir, "data") }
func (l layout) lock() string   { return filepath.Join(l.data(), "postmaster.pid") }
func (l layout) secret() string { return filepath.Join(l.dir, "password") }
func (l layout) made() string   { return filepath.Join(l.dir, "complete") }
func (l layout) kept() string   { return filepath.Join(l.dir, "place.json") }

// maxSocketPath is what a Unix socket's address has room for.
const maxSocketPath = 107

// prepare makes the folders of a cluster.
func prepare(dir string) (layout, error) {
	l := layout{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return l, fmt.Errorf("making the folder of the database: %w", err)
	}
	var err error
	if l.owner, err = serverUser(dir); err != nil {
		return l, err
	}
	remembered, err := l.remembered()
	if err != nil {
		return l, err
	}
	l.port, l.socket = remembered.Port, remembered.Socket
	if err := l.prepareSocket(); err != nil {
		return l, err
	}
	return l, l.remember()
}

// prepareSocket makes the socket's folder, which only the server's user may enter: whoever reaches the socket needs no
// password. A path too long for a socket is replaced by a short one that is remembered.
func (l *layout) prepareSocket() error {
	if own := filepath.Join(l.dir, "socket"); len(filepath.Join(own, ".s.PGSQL.65535")) <= maxSocketPath {
		l.socket = own
		return l.own(own)
	}
	if l.socket != "" && l.privateFolder(l.socket) {
		return nil
	}
	short, err := os.MkdirTemp("/tmp", "perigee-")
	if err != nil {
		return fmt.Errorf("making the folder of the database's socket: %w", err)
	}
	l.socket = short
	return l.own(short)
}

// forgetSocket removes a socket's folder that is outside of the cluster's.
func (l layout) forgetSocket() error {
	if filepath.Dir(l.socket) == l.dir {
		return nil
	}
	if err := os.RemoveAll(l.socket); err != nil {
		return fmt.Errorf("removing the folder of the database's socket: %w", err)
	}
	return nil
}

// privateFolder tells whether a folder belongs to the server's user alone, so that nobody can have put a socket there.
func (l layout) privateFolder(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == l.uid()
}

func (l layout) uid() uint32 {
	if l.owner != nil {
		return l.owner.UID
	}
	return uint32(os.Getuid())
}

// own makes a folder that only the server's user may enter.
func (l layout) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making a folder of the database: %w", err)
	}
	if l.owner != nil {
		if err := os.Chown(dir, int(l.owner.UID), int(l.owner.GID)); err != nil {
			return fmt.Errorf("giving %s to the user postgres: %w", dir, err)
		}
	}
	return os.Chmod(dir, 0o700)
}

func (l layout) remembered() (kept, error) {
	text, err := os.ReadFile(l.kept())
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, fmt.Errorf("reading where the database is: %w", err)
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return kept{}, fmt.Errorf("reading where the database is: %s: %w", l.kept(), err)
	}
	return k, nil
}

func (l layout) remember() error {
	text, err := json.Marshal(kept{Port: l.port, Socket: l.socket})
	if err != nil {
		return fmt.Errorf("remembering where the database is: %w", err)
	}
	if err := os.WriteFile(l.kept(), text, 0o644); err != nil {
		return fmt.Errorf("remembering where the database is: %w", err)
	}
	return nil
}

// choosePort takes the wanted port, or else keeps that of last time while it is free, so that a noted address stays good.
func (l *layout) choosePort(wanted int) error {
	if wanted != 0 {
		if !child.PortIsFree(wanted) {
			return fmt.Errorf("somebody already listens on 127.0.0.1:%d, where the database should", wanted)
		}
		l.port = wanted
		return l.remember()
	}
	if l.port != 0 && child.PortIsFree(l.port) {
		return nil
	}
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	l.port = port
	return l.remember()
}

// spec is a program of the installation, run as the server's user; a server that loses its runner shuts down fast.
func (l layout) spec(path string, args []string, line func(string)) child.Spec {
	return child.Spec{
		Path: path, Args: args, Dir: "/", User: l.owner, Line: line, Orphaned: syscall.SIGINT,
		Env: []string{"LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC"},
	}
}

// Linux capabilities (capability.h) that let a user pass folders that are closed to it.
const (
	capDACOverride   = 1
	capDACReadSearch = 2
)

// serverUser is who runs the server: PostgreSQL refuses root, so root hands it to the user postgres.
func serverUser(dir string) (*child.User, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("as root the database runs as the user postgres, which is missing: install postgresql (make deps): %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the user postgres: %w", err)
	}
	who := &child.User{UID: uint32(uid), GID: uint32(gid)}
	if closed := closedParent(dir, uint32(uid), uint32(gid)); closed != "" {
		return pass(who, closed)
	}
	return who, nil
}

// pass lets the server through a folder that is closed to its user, as root's home is: its programs keep the one
// capability for that, and nothing of the folder changes.
func pass(who *child.User, closed string) (*child.User, error) {
	held, err := heldCapabilities()
	if err != nil {
		return nil, err
	}
	for _, c := range []uintptr{capDACReadSearch, capDACOverride} {
		if held&(1<<c) != 0 {
			who.Caps = []uintptr{c}
			return who, nil
		}
	}
	return nil, fmt.Errorf("the user postgres cannot enter %s, where the database would be: choose another folder with --state, or open it with chmod o+x", closed)
}

// closedParent is the first folder above dir, or dir itself, that the user may not enter, empty when all are open.
func closedParent(dir string, uid, gid uint32) string {
	closed := ""
	for path := dir; ; path = filepath.Dir(path) {
		if info, err := os.Stat(path); err == nil && !mayEnter(info, uid, gid) {
			closed = path
		}
		if path == filepath.Dir(path) {
			return closed
		}
	}
}

func mayEnter(info fs.FileInfo, uid, gid uint32) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return false
	case stat.Uid == uid:
		return info.Mode().Perm()&0o100 != 0
	case stat.Gid == gid:
		return info.Mode().Perm()&0o010 != 0
	default:
		return info.Mode().Perm()&0o001 != 0
	}
}
