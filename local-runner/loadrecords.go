package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
	"perigee/shared/metadata"
)

func loadRecordsCommand() command {
	c := command{
		name: "load-records", args: "PATH", brief: "register the metadata records of XML files in the running house",
		long: `PATH is a file, or a folder whose files *.xml are loaded; -r takes the folders in it, too. The documents are of any format that the catalogue
reads (ISO 19139, csw:Record and others), and are kept as they are. A record that is there already is left alone, and told, unless -y says that
it is replaced: of files with the same record the last one stays, without -y the first. Each file that is not loaded is told with the reason, and the exit code is then 1; the others count.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		at := addHouse(set)
		recursive := set.Bool("r", false, "the folders in the folder, too")
		replace := set.Bool("y", false, "replace records that are there already")
		path, err := c.place(t, set, args, "one file or folder is needed")
		if err != nil {
			return err
		}
		files, err := xmlFiles(path, *recursive)
		if err != nil {
			return err
		}
		x, err := at.open(t)
		if err != nil {
			return err
		}
		l := &loading{transfer: x, out: t.out, replace: *replace}
		return l.run(ctx, files)
	}
	return c
}

// xmlFiles lists the files below a path, in the order of their names.
func xmlFiles(path string, recursive bool) ([]string, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !about.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != path && !recursive:
			return fs.SkipDir
		case entry.Type().IsRegular() && strings.EqualFold(filepath.Ext(name), ".xml"):
			files = append(files, name)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no files *.xml", path)
	}
	return files, err
}

// loading sends documents by the hundred, as transactions of CSW: while some are written the next are read.
type loading struct {
	*transfer
	out     io.Writer // what is not loaded is told here, file by file
	replace bool

	mu     sync.Mutex // of sum, count and out
	sum    loaded
	count  *counting
	rounds errgroup.Group // the transactions

	unread []string    // names of files
	over   *recordFile // that the last batch had no room for
	turns  *turns
}

// The bounds of a transaction, and of how many are under way at once.
const (
	loadDocuments    = 1000
	loadBytes        = 3 << 20
	loadDocument     = 16 << 20 // of one file
	loadTransactions = 2
)

// recordFile is a file with the record that it holds.
type recordFile struct {
	name     string
	id       string
	document []byte
	there    bool // the catalogue has the record already
}

// loaded counts what became of files.
type loaded struct{ created, replaced, left, failed int }

func (l *loading) run(ctx context.Context, files []string) error {
	l.count = newCounting(l.say, l.watched, "loaded", int64(len(files)), false)
	l.unread, l.turns = files, newTurns()
	l.rounds.SetLimit(loadTransactions)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := l.batches(ctx, cancel)
	err = cmp.Or(l.rounds.Wait(), err) // which may be but the end of the others
	l.count.end()
	l.say.line("created %d, replaced %d, left as they were %d, failed %d", l.sum.created, l.sum.replaced, l.sum.left, l.sum.failed)
	if err == nil && l.sum.failed > 0 {
		err = exitCode(exitFailed)
	}
	return err
}

// done counts what became of some files.
func (l *loading) done(some loaded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.sum
	s.created, s.replaced, s.left, s.failed = s.created+some.created, s.replaced+some.replaced, s.left+some.left, s.failed+some.failed
	l.count.add(int64(some.created+some.replaced), int64(s.created+s.replaced+s.left+s.failed))
}

// fail tells of a file that is not loaded.
func (l *loading) fail(name string, err error) {
	l.tell(name, err)
	l.done(loaded{failed: 1})
}

func (l *loading) tell(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range fault.All(err) {
		fmt.Fprintf(l.out, "%s: %s\n", printable(name), printable(e.Error()))
	}
}

// readRecord reads a file, and what the record that it holds is called.
func readRecord(name string) (recordFile, error) {
	file, err := os.Open(name)
	if err != nil {
		return recordFile{}, err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return recordFile{}, err
	}
	var document bytes.Buffer
	document.Grow(int(min(about.Size(), loadDocument)) + bytes.MinRead) // room to see its end
	if _, err := document.ReadFrom(io.LimitReader(file, loadDocument+1)); err != nil {
		return recordFile{}, err
	}
	if document.Len() > loadDocument {
		return recordFile{}, fmt.Errorf("the file has more than %d bytes", loadDocument)
	}
	id, err := metadata.Identify(document.Bytes())
	if err != nil {
		return recordFile{}, err
	}
	return recordFile{name: name, id: id, document: document.Bytes()}, nil
}

// readable are those of files that hold records which can be read; the others are told. Who writes them reads them anyway, so this
// is asked only where that refused some.
func (l *loading) readable(files []recordFile) []recordFile {
	return slices.DeleteFunc(slices.Clone(files), func(f recordFile) bool {
		_, err := metadata.Decode(f.document)
		if err != nil {
			l.fail(f.name, err)
		}
		return err != nil
	})
}

// batch loads documents together: as new ones first where nobody knows better, for most are. Where they are refused it finds out which are
// there already.
func (l *loading) batch(ctx context.Context, files []recordFile) error {
	if files = l.remaining(files); len(files) == 0 {
		return nil
	}
	err := l.write(ctx, files)
	var refused refusedRequest
	if !errors.As(err, &refused) {
		return err
	}
	files = l.readable(files)
	if err := l.look(ctx, files); err != nil {
		return err
	}
	return l.send(ctx, l.remaining(files))
}

// remaining are those of files that are to be written. Records that are there already are left alone, unless they are replaced; what could not
// be read in their place is told.
func (l *loading) remaining(files []recordFile) []recordFile {
	if l.replace {
		return files
	}
	there := slices.DeleteFunc(slices.Clone(files), func(f recordFile) bool { return !f.there })
	for _, f := range l.readable(there) {
		l.tell(f.name, fmt.Errorf("there is a record %s already; -y replaces it", f.id))
		l.done(loaded{left: 1})
	}
	l.turns.found(there)
	return slices.DeleteFunc(slices.Clone(files), func(f recordFile) bool { return f.there })
}
