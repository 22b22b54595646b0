// Package outward is the door to the web: requests to addresses that somebody named, bounded in size and time, and guarded
// so that an address that a stranger names leads nowhere inside.
package outward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// The bounds of a request, where Config says nothing else.
const (
	defaultTimeout = time.Minute
	defaultWait    = 20 * time.Second
	maxRedirects   = 5
	maxTold        = 300 // bytes of what a server says of an error
	maxAddress     = 16 << 10
)

// Config says how a client asks.
type Config struct {
	Guard   Guard
	Timeout time.Duration // of one request, from dialling to the last byte; 0: a minute
	Tries   int           // of a request that may pass when it is asked again; 0: one
	Wait    time.Duration // longest pause between two tries, also when the server asks for a longer one; 0: 20 seconds
	Stays   bool          // redirections are followed within the host that was asked only
	Agent   string        // User-Agent (RFC 9110, 10.1.5); empty: perigee
}

// Client asks addresses.
type Client struct {
	config Config
	http   *http.Client
}

// New makes a client. It takes no proxy from the environment, which would dial in its place.
func New(c Config) *Client {
	transport := &http.Transport{
		DialContext: c.Guard.Dial, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16, MaxIdleConns: 64, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 256 << 10,
	}
	return &Client{config: c, http: &http.Client{Transport: trace.Transport(transport), CheckRedirect: c.redirect}}
}

// Once is the client that asks each request once only.
func (c *Client) Once() *Client {
	once := *c
	once.config.Tries = 1
	return &once
}

// redirect follows a few redirections, and none that leads where it must not, that carries credentials out of their encryption,
// or that makes a question without its body of one that has it (RFC 9110, 15.4: 301, 302 and 303 may), which asks something else.
func (c Config) redirect(to *http.Request, via []*http.Request) error {
	switch {
	case c.Stays && to.URL.Host != via[0].URL.Host:
		return fault.New(fault.Forbidden, "it is redirected to another host, which is not followed")
	case to.Method != via[0].Method:
		return fault.New(fault.Invalid, "%s is redirected so that it would be asked by %s: its own address is needed", via[0].Method, to.Method)
	case len(via) > maxRedirects:
		return fault.New(fault.Invalid, "it is redirected more than %d times", maxRedirects)
	case to.URL.Scheme != "http" && to.URL.Scheme != "https":
		return fault.New(fault.Forbidden, "it is redirected to %s, which is not followed", to.URL.Redacted())
	case via[0].URL.Scheme == "https" && to.URL.Scheme == "http" && via[0].Header.Get("Authorization") != "":
		return fault.New(fault.Forbidden, "it is redirected to %s, to which credentials would go unencrypted", to.URL.Redacted())
	}
	return nil
}

// Request is what an address is asked.
type Request struct {
	Method string // empty: GET
	URL    string
	Header http.Header
	Body   []byte
	Limit  int64 // bytes of the answer that are read; a longer one is fault.Invalid
}

// Answer is what was answered, with a status below 300; beside an error, as much as there is of it.
type Answer struct {
	Status int    // 0 when nobody answered
	URL    string // where it was answered, behind all redirections
	Header http.Header
	Body   []byte
}

// Do asks an address. What is busy or out of order is asked again, as often as the client does, after as long as the server
// asks for or twice as long as the time before. Failures tell the address without credentials: fault.Unavailable may
// pass, fault.NotFound says that there is nothing, fault.Forbidden that it may not be reached or read.
func (c *Client) Do(ctx context.Context, q Request) (Answer, error) {
	for try := 1; ; try++ {
		answer, pause, err := c.once(ctx, q)
		if fault.KindOf(err) != fault.Unavailable || try >= c.config.Tries || ctx.Err() != nil {
			return answer, err
		}
		if pause == 0 {
			pause = 250 * time.Millisecond << min(try-1, 10)
		}
		select {
		case <-time.After(min(pause, orDefault(c.config.Wait, defaultWait))):
		case <-ctx.Done():
			return answer, err
		}
	}
}

// once asks once; pause is how long the server asks to be left alone.
func (c *Client) once(ctx context.Context, q Request) (a Answer, pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(c.config.Timeout, defaultTimeout))
	defer cancel()
	request, err := c.request(ctx, q)
	if err != nil {
		return a, 0, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return a, 0, unanswered(request.URL, err)
	}
	defer response.Body.Close()
	a = Answer{Status: response.StatusCode, URL: response.Request.URL.String(), Header: response.Header}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return a, RetryAfter(response.Header, time.Now()), refused(request.URL, response)
	}
	a.Body, err = io.ReadAll(io.LimitReader(response.Body, q.Limit+1))
	switch {
	case int64(len(a.Body)) > q.Limit:
		return Answer{}, 0, fault.New(fault.Invalid, "the answer of %s is longer than the %d bytes that are read", request.URL.Redacted(), q.Limit)
	case err != nil:
		return Answer{}, 0, fault.Classify(fault.Unavailable, err, "reading the answer of %s", request.URL.Redacted())
	}
	return a, 0, nil
}

func (c *Client) request(ctx context.Context, q Request) (*http.Request, error) {
	at, err := Parse(q.URL)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, orDefault(q.Method, http.MethodGet), at.String(), bytes.NewReader(q.Body))
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s cannot be asked: %w", at.Redacted(), err)
	}
	for name, values := range q.Header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", orDefault(c.config.Agent, "perigee"))
	return request, nil
}

// Parse reads an address of the web: http or https with a host.
func Parse(address string) (*url.URL, error) {
	if len(address) > maxAddress {
		return nil, fault.New(fault.Invalid, "the address has %d bytes, more than %d", len(address), maxAddress)
	}
	at, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, "%.200q is not an address of the web", address)
	case (at.Scheme != "http" && at.Scheme != "https") || at.Hostname() == "":
		return nil, fault.New(fault.Invalid, "%.200q is not an address of the web: http or https and a host", at.Redacted())
	}
	return at, nil
}

// unanswered classifies why there is no answer.
func unanswered(at *url.URL, err error) error {
	var broken *url.Error
	if errors.As(err, &broken) {
		err = broken.Err // which would quote the address, with what is secret in it
	}
	var ours *fault.Error
	if errors.As(err, &ours) && ours.Kind.Permanent() { // without the address that a name resolves to
		return fault.Classify(ours.Kind, ours, "asking %s", at.Redacted())
	}
	return fault.Classify(fault.Unavailable, err, "asking %s", at.Redacted())
}

// refused classifies an answer that is none, and tells the beginning of what the server says.
func refused(at *url.URL, response *http.Response) error {
	said, _ := io.ReadAll(io.LimitReader(response.Body, maxTold)) // there may be nothing
	words := ""
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") && len(said) > 0 {
		words = fmt.Sprintf(": %q", said)
	}
	return fault.New(kindOf(response.StatusCode), "%s answers %d%s", at.Redacted(), response.StatusCode, words)
}

func kindOf(status int) fault.Kind {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusMisdirectedRequest:
		return fault.Unavailable
	case status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed || status == http.StatusUnsupportedMediaType:
		return fault.Unsupported
	case status >= 500:
		return fault.Unavailable
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.NotFound
	case status == http.StatusUnauthorized:
		return fault.Unauthorised
	case status == http.StatusForbidden:
		return fault.Forbidden
	}
	return fault.Invalid
}

func orDefault[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}
