package tilecache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"perigee/shared/fault"
)

// Folder keeps tiles as files below a folder, each with a head that holds what an object's metadata does. Instances may
// share it: a file is replaced as a whole.
//
//	perigee-tile 1
//	Content-Type: image/png
//	Content-Length: 48211
//	perigee-revision: 17
//	(an empty line, then the body)
type Folder struct{ root string }

// magic is the first line of a file.
const magic = "perigee-tile 1\n"

// The names in a head beside those of metadata, and the bytes that a head may have.
const (
	headType   = "Content-Type"
	headLength = "Content-Length"
	maxHead    = 8 << 10
)

// NewFolder makes the folder if it is not there.
func NewFolder(root string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the folder of the tiles")
	}
	return &Folder{root}, nil
}

// path is where a key lies; keys do not lead out of the folder.
func (f *Folder) path(key string) (string, error) {
	if !filepath.IsLocal(key) || strings.ContainsAny(key, "\\\x00") {
		return "", fault.New(fault.Invalid, "the key %q leads nowhere in a folder", key)
	}
	return f.root + "/" + key, nil
}

// Get reads a tile.
func (f *Folder) Get(_ context.Context, key string) (Object, error) {
	path, err := f.path(key)
	if err != nil {
		return Object{}, err
	}
	text, modified, err := readFile(path)
	if err != nil {
		return Object{}, notKept(err, key)
	}
	object, err := decodeFile(text)
	object.Modified = modified
	return object, err
}

// readFile reads a small file. It calls the system itself: what package os does around four calls, so that a file may
// be waited for, costs more than they do.
func readFile(path string) (text []byte, modified time.Time, err error) {
	fd, err := again(func() (int, error) {
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	})
	if err != nil {
		return nil, modified, err
	}
	defer func() { _ = syscall.Close(fd) }() // nothing was written
	var info syscall.Stat_t
	if err := syscall.Fstat(fd, &info); err != nil {
		return nil, modified, err
	}
	if info.Mode&syscall.S_IFMT != syscall.S_IFREG || info.Size > maxTile+maxHead {
		return nil, modified, syscall.ENOENT
	}
	text = make([]byte, info.Size)
	for read := 0; read < len(text); {
		n, err := again(func() (int, error) { return syscall.Read(fd, text[read:]) })
		if err != nil {
			return nil, modified, err
		}
		if n == 0 {
			return nil, modified, io.ErrUnexpectedEOF
		}
		read += n
	}
	return text, time.Unix(info.Mtim.Unix()), nil
}

// again makes a call that a signal interrupted anew.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Head is Get without the body.
func (f *Folder) Head(ctx context.Context, key string) (Object, error) {
	o, err := f.Get(ctx, key)
	o.Body = nil
	return o, err
}

// Put writes a tile beside its place, and then there.
func (f *Folder) Put(_ context.Context, key string, o Object) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	head, err := encodeHead(o)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.Classify(fault.Unavailable, err, "keeping the tile %q", key)
	}
	return fault.Classify(fault.Unavailable, replace(path, head, o.Body), "keeping the tile %q", key)
}

// replace writes a file that is whole whenever it can be seen.
func replace(path string, parts ...[]byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	for _, part := range parts {
		if _, err := file.Write(part); err != nil {
			_ = file.Close()
			return err
		}
	}
	if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// Delete removes tiles; those that are not there are no failure.
func (f *Folder) Delete(_ context.Context, keys []string) error {
	for _, key := range keys {
		path, err := f.path(key)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Classify(fault.Unavailable, err, "removing the tile %q", key)
		}
	}
	return nil
}

func notKept(err error, key string) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fault.New(fault.NotFound, "no tile is kept at %q", key)
	}
	return fault.Classify(fault.Unavailable, err, "reading the tile %q", key)
}

func encodeHead(o Object) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(magic)
	line := func(name, value string) { b.WriteString(name + ": " + value + "\n") }
	line(headType, o.MediaType)
	line(headLength, strconv.Itoa(len(o.Body)))
	for _, name := range slices.Sorted(maps.Keys(o.Metadata)) {
		if strings.ContainsAny(name+o.Metadata[name], "\n\r") || strings.Contains(name, ": ") {
			return nil, fault.New(fault.Invalid, "the metadata %q: %q is not one line", name, o.Metadata[name])
		}
		line(name, o.Metadata[name])
	}
	b.WriteByte('\n')
	if b.Len() > maxHead || len(o.Body) > maxTile {
		return nil, fault.New(fault.Invalid, "a tile of %d bytes with a head of %d is too large to be kept", len(o.Body), b.Len())
	}
	return b.Bytes(), nil
}

// decodeFile takes a file apart. One that is torn, or none of ours, is not there.
func decodeFile(text []byte) (Object, error) {
	head, body, whole := bytes.Cut(text, []byte("\n\n"))
	lines, ours := strings.CutPrefix(string(head), magic)
	if !whole || !ours {
		return Object{}, fault.New(fault.NotFound, "the file is no tile")
	}
	o := Object{Body: body, Metadata: make(map[string]string, 4)}
	length := -1
	for line := range strings.SplitSeq(lines, "\n") {
		switch name, value, _ := strings.Cut(line, ": "); name {
		case headType:
			o.MediaType = value
		case headLength:
			length, _ = strconv.Atoi(value)
		default:
			o.Metadata[name] = value
		}
	}
	if length != len(body) {
		return Object{}, fault.New(fault.NotFound, "the file of a tile is torn: it has %d bytes, not %d", len(body), length)
	}
	return o, nil
}
