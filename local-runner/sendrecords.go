package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"perigee/shared/xmldoc"
)

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
		l.turns.found(files)
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
