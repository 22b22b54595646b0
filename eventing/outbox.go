package eventing

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
)

// Waiting is an event as the outbox of the catalogue holds it. Data is JSON; of a type that ends with .delete it is the
// id as a JSON string.
type Waiting struct {
	ID         string
	Type       string
	Subject    string
	Workspace  string
	Collection string
	Data       json.RawMessage
	Time       time.Time
}

// Event is what is sent: items and collections in the form of OGC API PubSub, as other catalogues publish them, where the
// data of a deletion is the id as plain text.
func (w Waiting) Event() (event.Event, error) {
	out := event.New()
	out.SetID(w.ID)
	out.SetSource("/perigee/catalogue")
	out.SetType(w.Type)
	out.SetSubject(Attribute(w.Subject))
	out.SetTime(w.Time)
	for name, value := range map[string]string{ExtensionCollection: w.Collection, ExtensionWorkspace: w.Workspace} {
		if value != "" {
			out.SetExtension(name, Attribute(value))
		}
	}
	kind, data := event.ApplicationJSON, []byte(w.Data)
	if strings.HasSuffix(w.Type, ".delete") {
		var id string
		if err := json.Unmarshal(w.Data, &id); err != nil {
			return out, fault.Classify(fault.Internal, err, "the data of event %s", w.ID)
		}
		kind, data = event.TextPlain, []byte(id)
	}
	if err := out.SetData(kind, data); err != nil {
		return out, fault.Classify(fault.Internal, err, "event %s cannot be encoded", w.ID)
	}
	return out, nil
}
