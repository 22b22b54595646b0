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
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// answer is how a target took an event.
type answer struct {
	status int    // HTTP; 0 where there was none, 502 for an answer that is none
	err    string // empty when the event was taken
	body   []byte // of a failure: its first bytes
	reply  *message
	after  time.Duration // of a failure: what its Retry-After asks for
}

// maxErrorData is the length of knativeerrordata, and of the bytes that fit into it as base64.
const (
	maxErrorData = 1024
	maxErrorBody = maxErrorData / 4 * 3
)

func (b *Broker) exchange(ctx context.Context, url string, m message, timeout time.Duration) answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(m.Data))
	if err != nil {
		return answer{err: err.Error()}
	}
	r.Header = m.header()
	r.Header.Set("Prefer", "reply")
	response, err := b.client.Do(r)
	if err != nil {
		return answer{err: noAnswer(ctx, err, timeout)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxEvent+1))
	if err != nil {
		return answer{err: noAnswer(ctx, err, timeout)}
	}
	if response.StatusCode/100 != 2 {
		a := failed(response.StatusCode, body, "")
		a.after = retryAfter(response.Header, time.Now())
		return a
	}
	return readReply(ctx, response, body)
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
