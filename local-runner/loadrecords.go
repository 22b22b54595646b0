package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/xmldoc"
)

func loadRecordsCommand() command {
	c := command{
		name: "load-records", args: "PATH", brief: "register the metadata records of XML files in the running house",
		long: `PATH is a file, or a folder whose files *.xml are loaded; -r takes the folders in it, too. The documents are of any format that the catalogue
reads (ISO 19139, csw:Record and others), and are kept as they are. A record that is there already is left alone, and told, unless -y says that
it is replaced. Each file that is not loaded is told with the reason, and the exit code is then 1; the others count.`,
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

	mu     sync.Mutex // of what follows, and of out
	sum    loaded
	count  *counting
	onWay  map[string]bool // identifiers of the records in the transactions that are under way
	rounds errgroup.Group  // the transactions
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
	l.onWay = map[string]bool{}
	l.rounds.SetLimit(loadTransactions)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := l.batches(ctx, cancel, files)
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

// batches reads files and hands them on by the hundred. Of files with the same record each goes into a batch of its own, in
// their order.
func (l *loading) batches(ctx context.Context, cancel context.CancelCauseFunc, files []string) error {
	var batch []recordFile
	size := 0
	flush := func() {
		if len(batch) > 0 {
			l.start(ctx, cancel, batch)
		}
		batch, size = nil, 0
	}
	for _, name := range files {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		f, err := readRecord(name)
		if err != nil {
			l.fail(name, err)
			continue
		}
		if slices.ContainsFunc(batch, func(b recordFile) bool { return b.id == f.id }) || l.under(f.id) {
			flush()
			if err := l.rounds.Wait(); err != nil {
				return err
			}
		}
		if len(batch) == loadDocuments || size+len(f.document) > loadBytes {
			flush()
		}
		batch, size = append(batch, f), size+len(f.document)
	}
	flush()
	return nil
}

// under tells whether a record is in a transaction that is under way.
func (l *loading) under(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.onWay[id]
}

// start has a batch loaded, as soon as there is room for its transaction. A failure of the house ends all.
func (l *loading) start(ctx context.Context, cancel context.CancelCauseFunc, batch []recordFile) {
	l.mark(batch, true)
	l.rounds.Go(func() error {
		defer l.mark(batch, false)
		err := l.batch(ctx, batch)
		if err != nil {
			cancel(err)
		}
		return err
	})
}

func (l *loading) mark(batch []recordFile, onWay bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range batch {
		if onWay {
			l.onWay[f.id] = true
		} else {
			delete(l.onWay, f.id)
		}
	}
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

// batch loads documents together: as new ones first, for most are. Where they are refused it finds out which are there already.
func (l *loading) batch(ctx context.Context, files []recordFile) error {
	err := l.write(ctx, files)
	var refused refusedRequest
	if !errors.As(err, &refused) {
		return err
	}
	files = l.readable(files)
	if err := l.look(ctx, files); err != nil {
		return err
	}
	if !l.replace {
		files = slices.DeleteFunc(slices.Clone(files), func(f recordFile) bool {
			if f.there {
				l.tell(f.name, fmt.Errorf("there is a record %s already; -y replaces it", f.id))
				l.done(loaded{left: 1})
			}
			return f.there
		})
	}
	return l.send(ctx, files)
}

// asked is how many records CSW is asked for at once.
const asked = 100

// look finds out which records are there already.
func (l *loading) look(ctx context.Context, files []recordFile) error {
	there := map[string]bool{}
	for some := range slices.Chunk(files, asked) {
		var w xmldoc.Writer
		w.Open("csw:GetRecordById", "xmlns:csw", cswNamespace, "service", "CSW", "version", "2.0.2")
		for _, f := range some {
			w.Element("csw:Id", f.id)
		}
		w.Element("csw:ElementSetName", "brief")
		w.Close("csw:GetRecordById")
		var found struct {
			IDs []string `xml:"BriefRecord>identifier"`
		}
		if err := l.ask(ctx, w.Bytes, &found); err != nil {
			return err
		}
		for _, id := range found.IDs {
			there[id] = true
		}
	}
	for i := range files {
		files[i].there = there[files[i].id]
	}
	return nil
}

// cswNamespace is that of CSW 2.0.2.
const cswNamespace = "http://www.opengis.net/cat/csw/2.0.2"

// send writes documents, and what is refused with others by itself, so that one bad file costs no other.
func (l *loading) send(ctx context.Context, files []recordFile) error {
	if len(files) == 0 {
		return nil
	}
	err := l.write(ctx, files)
	var refused refusedRequest
	switch {
	case !errors.As(err, &refused):
		return err
	case len(files) == 1:
		l.fail(files[0].name, err)
		return nil
	}
	half := len(files) / 2
	if err := l.send(ctx, files[:half]); err != nil {
		return err
	}
	return l.send(ctx, files[half:])
}

// write makes a transaction of documents.
func (l *loading) write(ctx context.Context, files []recordFile) error {
	var made struct {
		Created  int `xml:"TransactionSummary>totalInserted"`
		Replaced int `xml:"TransactionSummary>totalUpdated"`
	}
	err := l.ask(ctx, writing(files), &made)
	if err == nil {
		l.done(loaded{created: made.Created, replaced: made.Replaced})
	}
	return err
}

// writing is the transaction that writes documents. Those that are new come together.
func writing(files []recordFile) []byte {
	var w xmldoc.Writer
	size := 1 << 10
	for _, f := range files {
		size += len(f.document) + 64
	}
	w.Bytes = make([]byte, 0, size)
	w.Open("csw:Transaction", "xmlns:csw", cswNamespace, "service", "CSW", "version", "2.0.2", "verboseResponse", "false")
	for i, f := range files {
		action, first := "csw:Update", true
		if !f.there {
			action, first = "csw:Insert", i == 0 || files[i-1].there
		}
		if first {
			w.Open(action)
		}
		w.Bytes = xmldoc.AppendFragment(w.Bytes, f.document)
		if f.there || i == len(files)-1 || files[i+1].there {
			w.Close(action)
		}
	}
	w.Close("csw:Transaction")
	return w.Bytes
}

// refusedRequest is what the house refuses for good.
type refusedRequest struct{ error }

// ask sends a request of CSW and reads the answer.
func (x *transfer) ask(ctx context.Context, message []byte, into any) error {
	got, err := x.persist(ctx, http.MethodPost, "/csw", "application/xml", message)
	if err != nil {
		return err
	}
	var report struct {
		Exceptions []struct {
			Code    string `xml:"exceptionCode,attr"`
			Locator string `xml:"locator,attr"`
			Text    string `xml:"ExceptionText"`
		} `xml:"Exception"`
	}
	if root, local, _ := xmldoc.Root(got.body); local == "ExceptionReport" && root != "" && xml.Unmarshal(got.body, &report) == nil && len(report.Exceptions) > 0 {
		var all []error
		for _, e := range report.Exceptions {
			all = append(all, errors.New(cmp.Or(e.Text, e.Code)))
		}
		return refusedIf(got.status, errors.Join(all...))
	}
	if got.status != http.StatusOK {
		return refusal(got.status, got.body)
	}
	decoder := xml.NewDecoder(bytes.NewReader(got.body))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the answer of the house cannot be read: %w", err)
	}
	return nil
}

// refusedIf tells what is refused because of what was sent from what nobody may, or what the house cannot.
func refusedIf(status int, err error) error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status >= http.StatusInternalServerError:
		return err
	}
	return refusedRequest{err}
}
