package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// later has what is answered later come back as events: what the broker has taken is done, whatever becomes of this process.
type later struct {
	guard outward.Guard
	send  func(ctx context.Context, events ...event.Event) error
}

// answeringLater is what takes over what is answered later, and what answers it: of what is offered, where the scope of an event decides who
// may have it.
func answeringLater(c config, offered csw.Config) (csw.Later, desk, error) {
	guard, err := outward.ParseGuard(c.Reach)
	if err != nil {
		return nil, desk{}, err
	}
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, desk{}, err
	}
	if c.Writes {
		register, err := transaction.NewClient(c.Register)
		if err != nil {
			return nil, desk{}, err
		}
		offered.Transactions = register.Acknowledged()
	}
	answerer := csw.NewAnswerer(offered)
	return later{guard, sink.Send}, desk{answerer.Answer, newHandlers(guard), sink.Send, make(chan struct{}, atOnce)}, nil
}

// Check tells why an address is known not to be one that is sent to.
func (l later) Check(address string) error { return l.guard.Check(address) }

// Keep takes a request over, or the event by which it is answered is not confirmed.
func (l later) Keep(ctx context.Context, a csw.Acknowledged) error {
	e, err := acknowledging(strings.ToLower(rand.Text()), time.Now(), a)
	if err != nil {
		return err
	}
	return l.confirmed(ctx, e)
}

// Post takes an answer over.
func (l later) Post(ctx context.Context, a csw.Answered) error {
	events, err := answering(strings.ToLower(rand.Text()), a)
	if err != nil {
		return err
	}
	return l.confirmed(ctx, events...)
}

// confirmed sends events. Whatever keeps them from being taken may pass, and is none of who asked.
func (l later) confirmed(ctx context.Context, events ...event.Event) error {
	return fault.Classify(fault.Unavailable, l.send(ctx, events...), "what is to be answered later is not taken over")
}

// acknowledging is the event by which a request is answered: with the rights of who sent it, and nothing by which they showed them.
func acknowledging(id string, at time.Time, a csw.Acknowledged) (event.Event, error) {
	data := eventing.Acknowledged{Principal: a.Asked.Scope.Principal, Base: a.Asked.Base, Pairs: a.Pairs, Document: a.Document, Handlers: a.Handlers}
	for _, role := range a.Asked.Scope.Roles {
		data.Roles = append(data.Roles, string(role))
	}
	return newEvent(eventing.TypeAcknowledged, id, a.Operation, a.Asked.Scope.Workspace, at, data)
}

// answering are the events by which an answer is sent, one for each handler: one that does not take it has nothing sent to another again.
func answering(id string, a csw.Answered) ([]event.Event, error) {
	events := make([]event.Event, len(a.Handlers))
	for i, handler := range a.Handlers {
		var err error
		data := eventing.Answered{Handler: handler, MediaType: a.Type, Document: a.Document}
		if events[i], err = newEvent(eventing.TypeAnswered, id+"/answer/"+strconv.Itoa(i), hostOf(handler), a.Workspace, time.Now(), data); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// hostOf is the host of an address, which is all that is told of it where people look.
func hostOf(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

func newEvent(kind, id, subject, workspace string, at time.Time, data any) (event.Event, error) {
	e := event.New()
	e.SetID(id)
	e.SetSource("/perigee/csw")
	e.SetType(kind)
	e.SetSubject(eventing.Attribute(subject))
	e.SetTime(at)
	if workspace != scope.System {
		e.SetExtension(eventing.ExtensionWorkspace, workspace)
	}
	return e, fault.Classify(fault.Internal, e.SetData(event.ApplicationJSON, data), "the event %s cannot be encoded", id)
}

// handlers posts answers to the addresses that requests name: public ones, and those that are let through. Each is posted once: it is the
// broker that does so again. Redirections to other hosts are not followed.
type handlers struct{ client *outward.Client }

func newHandlers(guard outward.Guard) handlers {
	return handlers{outward.New(outward.Config{Guard: guard, Stays: true})}
}

// maxHeard bounds what is read of what the receiver of an answer says.
const maxHeard = 64 << 10

// post posts an answer.
func (h handlers) post(ctx context.Context, address, mediaType string, document []byte) error {
	_, err := h.client.Do(ctx, outward.Request{Method: http.MethodPost, URL: address, Header: http.Header{"Content-Type": {mediaType}}, Body: document, Limit: maxHeard})
	return err
}
