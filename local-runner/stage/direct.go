package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// direct is the way of a leased request straight to its instance: events by the thousand are spared the detour through the
// service's address, and the service's limits hold and its figures count all the same.
type direct struct {
	service *Service
	lease   string
	path    string
}

// RoundTrip sends the request, to another instance where the leased one has ended.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	s := d.service
	in := s.living(s.leases.claim(d.lease))
	if in == nil {
		return s.stage.transport.RoundTrip(r) // its address leads to the service, which leases one
	}
	to, err := url.Parse(in.url + d.path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.spec.Timeout, errTimeout)
	r = r.WithContext(ctx)
	r.URL, r.Host = to, ""
	answer, err := s.stage.transport.RoundTrip(r)
	if err != nil {
		answer = s.refusal(r, err)
	}
	answer.Body = &bounded{answer.Body, cancel}
	s.counted(in, answer.StatusCode)
	return answer, nil
}

// refusal is the answer in place of one that did not come.
func (s *Service) refusal(r *http.Request, err error) *http.Response {
	status, header, p := s.refused(r.Context(), err)
	text, _ := json.Marshal(p) // texts always encode
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: header, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: r,
	}
}

// bounded is the body of an answer that must have come whole by the end of the request's time.
type bounded struct {
	io.ReadCloser
	end context.CancelFunc
}

// Close ends the request.
func (b *bounded) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
