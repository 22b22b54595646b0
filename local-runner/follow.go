package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"perigee/local-runner/ingress"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// follow writes a document and tells in one line how it went through the house.
func (u *uploader) follow(ctx context.Context, one upload) error {
	began := time.Now()
	if err := u.put(ctx, one); err != nil {
		u.fail("%s → not uploaded: %v", one.key, err)
		return ctx.Err()
	}
	w := &way{uploader: u, document: one, began: began, told: []string{"uploaded " + one.name(one.made)}}
	ctx, cancel := context.WithTimeoutCause(ctx, u.patience, fmt.Errorf("nothing within %v", u.patience))
	defer cancel()
	if err := w.walk(ctx); err != nil {
		u.fail("%s → failed: %v", strings.Join(w.told, " → "), err)
		return nil
	}
	u.say.line("%s", strings.Join(w.told, " → "))
	return nil
}

// way is one document's way through the house.
type way struct {
	*uploader
	document upload
	began    time.Time
	told     []string
}

func (w *way) walk(ctx context.Context) error {
	status, err := w.registered(ctx)
	if err != nil {
		return err
	}
	w.told = append(w.told, fmt.Sprintf("registered %.2f s", status.Time.Sub(w.began).Seconds()))
	if err := w.found(ctx, status); err != nil {
		return err
	}
	w.told = append(w.told, "STAC ✓ CSW ✓")
	if w.document.role != item {
		return nil
	}
	w.mu.Lock()
	w.shown = status.ID
	w.mu.Unlock()
	return w.drawn(ctx, status)
}

// pause is how long to wait before asking again, first and at most: who asks too often holds up what it waits for.
const pause, longestPause = 20 * time.Millisecond, 150 * time.Millisecond

// registered waits for the status of the document's registration.
func (w *way) registered(ctx context.Context) (record.Registration, error) {
	address := w.prefix + "/registrations?f=json&href=" + url.QueryEscape(bucket.Href(w.bucket, w.document.key))
	var last error // that was an answer, not the end of the patience
	for wait := pause; ; wait = min(2*wait, longestPause) {
		var list struct{ Registrations []record.Registration }
		err := w.getJSON(ctx, address, &list)
		if ctx.Err() == nil {
			last = err
		}
		if fault.KindOf(err) == fault.NotFound {
			return record.Registration{}, err
		}
		for _, status := range list.Registrations {
			if status.Time.Before(w.began) {
				continue // of an earlier upload
			}
			w.told = append(w.told, "event")
			if status.Error != "" {
				return status, fault.New(fault.Invalid, "%s", status.Error)
			}
			return status, nil
		}
		if sleep(ctx, wait) != nil {
			return record.Registration{}, w.explain(ctx, last)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// explain looks into the events why there is no status.
func (w *way) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	page := "/_runner/events?subject=" + url.QueryEscape(w.document.key)
	var events []ingress.Event
	if w.getJSON(after, page+"&f=json", &events) == nil {
		if len(events) == 0 {
			return fmt.Errorf("no event of the upload arrived (%w)", cause)
		}
		w.told = append(w.told, "event")
		for _, e := range events {
			for _, a := range e.Attempts {
				if a.Error != "" {
					err = fmt.Errorf("%s: %s", a.Trigger, a.Error)
				}
			}
		}
	}
	if err == nil {
		err = cause
	}
	return fmt.Errorf("not registered: %w; see %s%s", err, w.at.URL, page)
}

// found waits until the catalogue's protocols answer with the document.
func (w *way) found(ctx context.Context, status record.Registration) error {
	for _, protocol := range []struct {
		name    string
		address string
		holds   func(body []byte) bool
	}{
		{"STAC", w.stacAddress(status), func(body []byte) bool { return holdsID(body, status.ID) }},
		{"CSW", w.prefix + "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=brief&id=" + url.QueryEscape(status.ID),
			func(body []byte) bool { return holdsIdentifier(body, status.ID) }},
	} {
		if err := w.answers(ctx, protocol.address, protocol.holds); err != nil {
			w.told = append(w.told, protocol.name+" ✗")
			return err
		}
	}
	return nil
}

func (w *way) stacAddress(status record.Registration) string {
	switch {
	case w.document.role == collection:
		return w.prefix + "/stac/collections/" + url.PathEscape(status.ID)
	case status.Collection == "":
		return w.prefix + "/stac/search?ids=" + url.QueryEscape(status.ID)
	}
	return w.prefix + "/stac/collections/" + url.PathEscape(status.Collection) + "/items/" + url.PathEscape(status.ID)
}

func (w *way) answers(ctx context.Context, address string, holds func([]byte) bool) error {
	ctx, cancel := context.WithTimeout(ctx, w.finding)
	defer cancel()
	var last error // that was an answer, not the end of the patience
	for wait := pause; ; wait = min(2*wait, longestPause) {
		body, err := w.get(ctx, address)
		if err == nil && holds(body) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%s%s does not show it", w.at.URL, address)
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if sleep(ctx, wait) != nil {
			return last
		}
	}
}

// holdsID tells whether a STAC answer is the document of this id, or a page that has it.
func holdsID(body []byte, id string) bool {
	var answer struct {
		ID       string
		Features []struct{ ID string }
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	return answer.ID == id || slices.ContainsFunc(answer.Features, func(f struct{ ID string }) bool { return f.ID == id })
}

// holdsIdentifier tells whether a CSW answer has a record of this identifier.
func holdsIdentifier(body []byte, id string) bool {
	in := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := in.Token()
		if err != nil {
			return false
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "identifier" {
			var text string
			if in.DecodeElement(&text, &start) == nil && text == id {
				return true
			}
		}
	}
}
