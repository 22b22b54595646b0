package notify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// told remembers the objects whose creation was told and their removal not: bucket, key, ETag. It lives in memory and in a
// file to which each change appends a line; when most lines are out of date the file is written anew.
type told struct {
	path    string
	mu      sync.Mutex
	objects map[string]map[string]entry // bucket, key
	changes uint64
	file    *os.File
	lines   int
}

// entry is an object's last told state. at tells it from another time when the same was told.
type entry struct {
	etag string // empty: not known
	at   uint64
}

// toldLine is a line of the file.
type toldLine struct {
	Bucket string `json:"b"`
	Key    string `json:"k"`
	ETag   string `json:"e,omitempty"`
	Gone   bool   `json:"x,omitempty"`
}

// slack is how many lines may be out of date before the file is written anew.
const slack = 1000

func openTold(path string) (*told, error) {
	t := &told{path: path, objects: map[string]map[string]entry{}}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("the folder of what was told of the buckets: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("what was told of the buckets: %w", err)
	}
	t.load(text)
	return t, t.compact()
}

// load applies the lines; one that a crash has cut short is not there.
func (t *told) load(text []byte) {
	for line := range bytes.Lines(text) {
		var l toldLine
		if json.Unmarshal(line, &l) == nil {
			t.apply(l)
		}
	}
}

func (t *told) apply(l toldLine) {
	t.lines++
	t.changes++
	if l.Gone {
		delete(t.objects[l.Bucket], l.Key)
		if len(t.objects[l.Bucket]) == 0 {
			delete(t.objects, l.Bucket)
		}
		return
	}
	if t.objects[l.Bucket] == nil {
		t.objects[l.Bucket] = map[string]entry{}
	}
	t.objects[l.Bucket][l.Key] = entry{l.ETag, t.changes}
}

func (t *told) put(bucket, key, etag string) error {
	return t.change(toldLine{Bucket: bucket, Key: key, ETag: etag})
}

func (t *told) drop(bucket, key string) error {
	return t.change(toldLine{Bucket: bucket, Key: key, Gone: true})
}

func (t *told) change(l toldLine) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.write(l)
}

// amend adds the ETag to what was told without one, unless more was told meanwhile.
func (t *told) amend(bucket, key string, was entry, etag string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.objects[bucket][key] != was {
		return nil
	}
	return t.write(toldLine{Bucket: bucket, Key: key, ETag: etag})
}

func (t *told) write(l toldLine) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	t.apply(l)
	if _, err := t.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("what was told of the buckets: %w", err)
	}
	return nil
}

func (t *told) get(bucket, key string) (e entry, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok = t.objects[bucket][key]
	return e, ok
}

// of is what was told of a bucket so far.
func (t *told) of(bucket string) map[string]entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.objects[bucket])
}

func (t *told) buckets() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.objects))
}

// tidy writes the file anew when it has grown.
func (t *told) tidy() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	live := 0
	for _, keys := range t.objects {
		live += len(keys)
	}
	if t.lines <= 2*live+slack {
		return nil
	}
	return t.compact()
}

// compact writes the file anew beside the old one, then puts it in its place.
func (t *told) compact() error {
	next, err := os.OpenFile(t.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("what was told of the buckets: %w", err)
	}
	lines, err := t.writeAll(next)
	if err == nil {
		err = os.Rename(next.Name(), t.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("what was told of the buckets: %w", err), next.Close())
	}
	if t.file != nil {
		t.file.Close()
	}
	t.file, t.lines = next, lines
	return nil
}

func (t *told) writeAll(f *os.File) (lines int, err error) {
	w := bufio.NewWriter(f)
	encoder := json.NewEncoder(w)
	for bucket, keys := range t.objects {
		for key, e := range keys {
			lines++
			if err := encoder.Encode(toldLine{Bucket: bucket, Key: key, ETag: e.etag}); err != nil {
				return lines, err
			}
		}
	}
	return lines, errors.Join(w.Flush(), f.Sync())
}

func (t *told) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.Close()
}
