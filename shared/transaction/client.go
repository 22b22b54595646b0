package transaction

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// Client has changes made by register.
type Client struct {
	base         string
	client       *http.Client
	acknowledged bool // no token says any more on whose behalf
}

// NewClient checks the address of register; it is asked nothing yet.
func NewClient(base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil, fault.At(fault.Invalid, "REGISTER_URL", "REGISTER_URL %q is not an absolute URL", base)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32 // all go to the one address
	client := &http.Client{Transport: trace.Transport(transport), CheckRedirect: asItIs}
	return &Client{base: strings.TrimSuffix(base, "/"), client: client}, nil
}

// asItIs takes a redirection for the answer: what somebody may write is said to register alone.
func asItIs(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Apply has at most MaxChanges changes made on behalf of who sent a request, in the workspace in which it was asked. The
// results are in the order of the changes; the error is one that concerns all.
func (c *Client) Apply(asked *http.Request, changes []Change) ([]Result, error) {
	return c.post(asked, Path, changes)
}

// ApplyAll is Apply of changes that belong together: all are made, or none. Then the error tells why, each refusal with the change
// that it is of.
func (c *Client) ApplyAll(asked *http.Request, changes []Change) ([]Result, error) {
	results, err := c.post(asked, PathAll, changes)
	if err != nil {
		return nil, err
	}
	var refused []error
	for i, r := range results {
		if r.Err != nil && fault.LocatorOf(r.Err) != Together {
			refused = append(refused, fault.Classify(fault.KindOf(r.Err), r.Err, "%s of %q", changes[i].Operation, cmp.Or(r.ID, changes[i].ID)))
		}
	}
	return results, errors.Join(refused...)
}

// Keep has a resource harvested again at its interval, on behalf of who sent a request; without an interval no more.
func (c *Client) Keep(asked *http.Request, resource Resource) error {
	body, err := json.Marshal(resource)
	if err != nil {
		return fault.Classify(fault.Internal, err, "encoding a resource")
	}
	answer, err := c.send(asked, PathResources, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return refusal(answer)
	}
	return nil
}

func (c *Client) post(asked *http.Request, path string, changes []Change) ([]Result, error) {
	var body bytes.Buffer
	if err := WriteChanges(&body, changes); err != nil {
		return nil, err
	}
	answer, err := c.send(asked, path, MediaType, &body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, refusal(answer)
	}
	return ReadResults(answer.Body, len(changes))
}

// send posts to register what is asked on behalf of who sent a request, in the workspace in which it was asked.
func (c *Client) send(asked *http.Request, path, mediaType string, body io.Reader) (*http.Response, error) {
	from := scope.FromContext(asked.Context()).Scope
	if err := from.MayWrite(); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(asked.Context(), http.MethodPost, c.address(path, from), body)
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "asking register")
	}
	request.Header.Set("Content-Type", mediaType)
	if !c.acknowledged {
		onBehalf(request.Header, asked)
	}
	answer, err := c.client.Do(request)
	return answer, fault.Classify(fault.Unavailable, err, "register does not answer")
}

// address is where a path is asked in the workspace of a scope.
func (c *Client) address(path string, from scope.Scope) string {
	switch {
	case c.acknowledged:
		return acknowledgedAt(c.base, path, from)
	case from.Workspace != scope.System:
		return c.base + "/workspaces/" + url.PathEscape(from.Workspace) + path
	}
	return c.base + path
}

// onBehalf says who asks: by their token, and by all that a function goes by where no token is asked for.
func onBehalf(header http.Header, asked *http.Request) {
	for _, name := range []string{"Authorization", "Origin", "Sec-Fetch-Site", "X-Forwarded-Proto"} {
		if values := asked.Header.Values(name); len(values) > 0 {
			header[name] = values
		}
	}
	header["X-Forwarded-For"] = append(asked.Header.Values("X-Forwarded-For"), caller(asked))
	header.Set("X-Forwarded-Host", asked.Host)
	if host := asked.Header.Get("X-Forwarded-Host"); host != "" {
		header.Set("X-Forwarded-Host", host)
	}
}

// caller is the address of who sent a request.
func caller(r *http.Request) string {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return at.Addr().String()
	}
	return r.RemoteAddr
}

// maxProblem bounds what is read of an answer that tells a failure.
const maxProblem = 256 << 10

// refusal is the failure that an answer tells (RFC 9457).
func refusal(answer *http.Response) error {
	var problem struct {
		Detail string `json:"detail"`
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxProblem)) // what can be read of it
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = "register answered " + answer.Status
	}
	return fault.New(kindOf(answer.StatusCode), "%s", problem.Detail)
}

// kindOf is the kind of failure that a status of register stands for. What is not known may pass.
func kindOf(status int) fault.Kind {
	for _, kind := range []fault.Kind{fault.Unauthorised, fault.Forbidden, fault.Conflict, fault.Unavailable} {
		if kind.Status() == status {
			return kind
		}
	}
	if status == http.StatusBadRequest {
		return fault.Internal // the changes were put together here
	}
	return fault.Unavailable
}
