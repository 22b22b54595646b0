package broker

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/shared/trace"
)

// answer is how a target took an event.
type answer struct {
	status int    // HTTP; 0 where there was none, 502 for an answer that is none
	err    string // empty when the event was taken
	body   []byte // of a failure: its first bytes
	reply  *message
	takes  bool          // batches, too, as it said
	after  time.Duration // of a failure: what its Retry-After asks for
}

// maxErrorData is the length of knativeerrordata, and of the bytes that fit into it as base64.
const (
	maxErrorData = 1024
	maxErrorBody = maxErrorData / 4 * 3
)

// exchange sends an event in the binary mode of the HTTP binding.
func (b *Broker) exchange(ctx context.Context, lease Lease, m message, timeout time.Duration) answer {
	header := m.header()
	header.Set("Prefer", "reply")
	return b.post(ctx, lease, header, m.Data, timeout)
}

// exchangeAll sends events in the batched mode, which knows no replies. Each has its own trace with it.
func (b *Broker) exchangeAll(ctx context.Context, lease Lease, events []message, timeout time.Duration) answer {
	body, err := batchBody(events)
	if err != nil {
		return answer{err: err.Error()}
	}
	header := http.Header{"Content-Type": {event.ApplicationCloudEventsBatchJSON}}
	header.Set(trace.Header, string(events[0].Trace.Child()))
	a := b.post(ctx, lease, header, body, timeout)
	if a.reply != nil {
		return failed(http.StatusBadGateway, nil, "the reply to a batch of events is an event")
	}
	return a
}

func (b *Broker) post(ctx context.Context, lease Lease, header http.Header, body []byte, timeout time.Duration) answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, lease.URL, bytes.NewReader(body))
	if err != nil {
		return answer{err: err.Error()}
	}
	r.Header = header
	response, err := b.clientOf(lease).Do(r)
	if err != nil {
		return answer{err: noAnswer(ctx, err, timeout)}
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, MaxEvent+1))
	if err != nil {
		return answer{err: noAnswer(ctx, err, timeout)}
	}
	if response.StatusCode/100 != 2 {
		a := failed(response.StatusCode, said, "")
		a.after = retryAfter(response.Header, time.Now())
		return a
	}
	a := readReply(ctx, response, said)
	a.takes = strings.Contains(response.Header.Get("Accept-Post"), event.ApplicationCloudEventsBatchJSON)
	return a
}

// clientOf is the client that sends a request.
func (b *Broker) clientOf(lease Lease) *http.Client {
	if lease.Transport == nil {
		return b.client
	}
	return &http.Client{Transport: lease.Transport, CheckRedirect: b.client.CheckRedirect}
}

func noAnswer(ctx context.Context, err error, timeout time.Duration) string {
	if ctx.Err() == context.DeadlineExceeded {
		return fmt.Sprintf("no answer within %s", timeout)
	}
	return "no answer: " + err.Error()
}

func failed(status int, body []byte, why string) answer {
	if why == "" {
		why = fmt.Sprintf("%d %s: %s", status, http.StatusText(status), firstLine(body))
	}
	return answer{status: status, err: strings.TrimSuffix(why, ": "), body: body[:min(len(body), maxErrorBody)]}
}

func firstLine(body []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body[:min(len(body), 300)]), []byte("\n"))
	return strings.ToValidUTF8(string(line), "?")
}

// readReply reads a 2xx answer: it must be empty or an event. Anything else is a failure, as in Knative, with its code.
func readReply(ctx context.Context, response *http.Response, body []byte) answer {
	taken := answer{status: response.StatusCode}
	if len(body) > MaxEvent {
		return failed(http.StatusBadGateway, body, fmt.Sprintf("the reply is larger than %d bytes", MaxEvent))
	}
	m := cehttp.NewMessage(response.Header, io.NopCloser(bytes.NewReader(body)))
	switch m.ReadEncoding() {
	case binding.EncodingUnknown:
		if len(body) > 0 {
			return failed(http.StatusBadGateway, body, fmt.Sprintf("answered %d with a body that is not a CloudEvent", response.StatusCode))
		}
		return taken
	case binding.EncodingBatch:
		return failed(http.StatusBadGateway, body, "the reply is a batch of events")
	}
	e, err := binding.ToEvent(ctx, m)
	if err != nil {
		return failed(http.StatusBadGateway, body, "the reply cannot be read: "+err.Error())
	}
	reply, err := newMessage(*e)
	if err != nil {
		return failed(http.StatusBadGateway, body, "the reply: "+err.Error())
	}
	taken.reply = &reply
	return taken
}

// failure is what the dead letter says of a failed answer. Without an answer Knative says 500 and what happened.
func (a answer) failure(target string) *failure {
	f := &failure{Code: a.status, Dest: target, Text: a.err}
	body := a.body
	if a.status == 0 {
		f.Code, body = http.StatusInternalServerError, []byte("dispatch error: "+a.err)
	}
	f.Data = base64.StdEncoding.EncodeToString(body[:min(len(body), maxErrorBody)])
	return f
}
