package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// The extensions by which Knative says why an event is a dead letter, and those of its way through the broker
// (https://knative.dev/docs/eventing/event-delivery/).
const (
	errorPrefix = "knativeerror"
	errorDest   = "knativeerrordest"
	errorCode   = "knativeerrorcode"
	errorData   = "knativeerrordata"
	arrivalTime = "knativearrivaltime"
	brokerTTL   = "knativebrokerttl"
)

// receive keeps an event. A repetition changes nothing; an event that fails again after a replay counts as not replayed.
func (o *office) receive(ctx context.Context, e event.Event) (*event.Event, error) {
	letter, err := newLetter(e)
	if err != nil {
		return nil, err
	}
	if err := o.store.KeepDeadLetter(ctx, scope.New(letter.Workspace, "events", scope.Writer), letter); err != nil {
		return nil, err
	}
	o.tidy(ctx)
	return nil, nil
}

// newLetter is a dead letter of an event. Its id is made from what tells one failure from another: the event (source and
// id) and the subscriber that failed.
func newLetter(e event.Event) (catalogue.DeadLetter, error) {
	dest := extension(e, errorDest)
	sum := sha256.Sum256([]byte(e.Source() + "\x00" + e.ID() + "\x00" + dest))
	letter := catalogue.DeadLetter{
		ID: hex.EncodeToString(sum[:10]), Type: e.Type(), Source: e.Source(), Subject: e.Subject(),
		Workspace: workspaceOf(e), Reason: reason(dest, extension(e, errorCode), extension(e, errorData)), Time: time.Now(),
	}
	var err error
	letter.Event, err = encode(e)
	return letter, err
}

// encode writes an event in the structured form. Data that is not the JSON it says it is goes as base64.
func encode(e event.Event) ([]byte, error) {
	e.DataBase64 = e.DataEncoded != nil && !(isJSON(e.DataContentType()) && json.Valid(e.DataEncoded) && utf8.Valid(e.DataEncoded))
	text, err := json.Marshal(e)
	return bytes.ToValidUTF8(text, []byte("\ufffd")), fault.Classify(fault.Invalid, err, "the event %s cannot be kept", e.ID())
}

func isJSON(mediaType string) bool {
	kind, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func extension(e event.Event, name string) string {
	s, err := types.Format(e.Extensions()[name])
	if err != nil {
		return ""
	}
	return s
}

var workspaceName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// workspaceOf is the event's workspace; one of no known form is kept by the system.
func workspaceOf(e event.Event) string {
	if name := extension(e, eventing.ExtensionWorkspace); workspaceName.MatchString(name) {
		return name
	}
	return scope.System
}

// reason says in words what the extensions say. Knative writes the answer's beginning as base64, others as it is.
func reason(dest, code, data string) string {
	if plain, err := base64.StdEncoding.DecodeString(data); err == nil && utf8.Valid(trimmed(plain)) {
		data = string(trimmed(plain))
	}
	switch data = strings.TrimSpace(data); {
	case code == "" && dest == "":
		return data
	case data == "":
		return fmt.Sprintf("%s answered %s", dest, code)
	}
	return fmt.Sprintf("%s answered %s: %s", dest, code, data)
}

// trimmed takes off the last character of a text where the limit on its bytes has cut it.
func trimmed(text []byte) []byte {
	for cut := 0; cut < utf8.UTFMax && cut < len(text); cut++ {
		if utf8.Valid(text[:len(text)-cut]) {
			return text[:len(text)-cut]
		}
	}
	return text
}

// revive makes the event what it was before it was given up, with the same id: receivers know it again.
func revive(letter catalogue.DeadLetter) (event.Event, error) {
	var e event.Event
	if err := json.Unmarshal(letter.Event, &e); err != nil {
		return e, fault.Classify(fault.Internal, err, "the kept event %s cannot be read", letter.ID)
	}
	for name := range e.Extensions() {
		if strings.HasPrefix(name, errorPrefix) || name == arrivalTime || name == brokerTTL {
			e.SetExtension(name, nil)
		}
	}
	return e, nil
}
