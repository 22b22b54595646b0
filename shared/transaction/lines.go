package transaction

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"perigee/shared/fault"
)

// WriteChanges writes changes.
func WriteChanges(w io.Writer, changes []Change) error {
	out := bufio.NewWriter(w)
	for _, c := range changes {
		if err := writeLine(out, changeLine{Change: c, Size: len(c.Document)}, c.Document); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ReadChanges reads at most MaxChanges changes.
func ReadChanges(r io.Reader) ([]Change, error) {
	in := bufio.NewReaderSize(r, maxHead)
	var all []Change
	for {
		var line changeLine
		document, err := readLine(in, &line, &line.Size)
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		case len(all) == MaxChanges:
			return nil, fault.New(fault.Invalid, "there are more changes than the %d that are taken at once", MaxChanges)
		}
		line.Document = document
		all = append(all, line.Change)
	}
}

// WriteResults writes results.
func WriteResults(w io.Writer, results []Result) error {
	out := bufio.NewWriter(w)
	for _, r := range results {
		if err := writeLine(out, resultLine{Result: r, Size: len(r.Document), Faults: faultsOf(r.Err)}, r.Document); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ReadResults reads n results, one for each change.
func ReadResults(r io.Reader, n int) ([]Result, error) {
	in := bufio.NewReaderSize(r, maxTold)
	all := make([]Result, n)
	for i := range all {
		var line resultLine
		document, err := readLine(in, &line, &line.Size)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fault.Classify(fault.Unavailable, err, "reading what became of %d changes", n)
		}
		line.Document, line.Err = document, failure(line.Faults)
		all[i] = line.Result
	}
	return all, nil
}

type changeLine struct {
	Change
	Size int `json:"size,omitempty"` // of the document behind the line
}

type resultLine struct {
	Result
	Faults []wireFault `json:"faults,omitempty"`
	Size   int         `json:"size,omitempty"`
}

// wireFault is a failure on its way.
type wireFault struct {
	Kind    string `json:"kind"`
	Locator string `json:"locator,omitempty"`
	Detail  string `json:"detail"`
}

// Bounds of the failures of one change: the answer is not larger than what was sent.
const (
	maxFaults  = 50
	maxDetail  = 500 // bytes
	maxLocator = 200 // bytes
)

func faultsOf(err error) []wireFault {
	var all []wireFault
	for _, one := range fault.All(err) {
		if len(all) == maxFaults {
			break
		}
		all = append(all, wireFault{fault.KindOf(one).String(), cut(fault.LocatorOf(one), maxLocator), cut(one.Error(), maxDetail)})
	}
	return all
}

// cut is as much of a text as is told.
func cut(text string, atMost int) string {
	if len(text) > atMost {
		text = text[:atMost] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func failure(faults []wireFault) error {
	var errs []error
	for _, f := range faults {
		errs = append(errs, fault.At(fault.ParseKind(f.Kind), f.Locator, "%s", f.Detail))
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func writeLine(out *bufio.Writer, head any, document []byte) error {
	text, err := json.Marshal(head)
	if err != nil {
		return fault.Classify(fault.Internal, err, "writing a change")
	}
	out.Write(text) // the writer keeps its first failure for Flush
	out.WriteByte('\n')
	if len(document) > 0 {
		out.Write(document)
		out.WriteByte('\n')
	}
	return nil
}

// readLine reads a line and the document that it announces. io.EOF tells that there are no more.
func readLine(in *bufio.Reader, head any, size *int) ([]byte, error) {
	text, err := in.ReadSlice('\n')
	switch {
	case err == io.EOF && len(text) == 0:
		return nil, io.EOF
	case err != nil:
		return nil, fault.Classify(fault.Invalid, whole(err), "a line does not end")
	}
	if err := json.Unmarshal(text, head); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "a line is not JSON of its form")
	}
	if *size < 0 || *size > MaxDocument {
		return nil, fault.New(fault.Invalid, "a document has %d bytes, at most %d are taken", *size, MaxDocument)
	}
	if *size == 0 {
		return nil, nil
	}
	return readDocument(in, *size)
}

func readDocument(in *bufio.Reader, size int) ([]byte, error) {
	document := make([]byte, min(size, 64<<10)) // grows as it comes: an announcement costs nothing
	for at := 0; at < size; {
		n, err := io.ReadFull(in, document[at:])
		if err != nil {
			return nil, fault.Classify(fault.Invalid, whole(err), "a document broke off")
		}
		if at += n; at < size {
			document = append(document, make([]byte, min(size-at, len(document)))...)
		}
	}
	if end, err := in.ReadByte(); err != nil || end != '\n' {
		return nil, fault.New(fault.Invalid, "a document is longer than it was announced")
	}
	return document, nil
}

// whole is the failure to read all of something.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
