package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/trace"
)

// description is what render says of a raster file.
type description struct {
	Grid      geo.Grid          `json:"grid"`
	Bands     []record.Band     `json:"bands"`
	Footprint *geojson.Geometry `json:"footprint"` // outline of the grid in longitude and latitude; nil where that is not known
	ETag      string            `json:"etag"`      // of the state that render looked at
}

// describer asks render for the grids of files, each state of a file once.
type describer struct {
	url    string
	client *http.Client

	mutex sync.Mutex
	known map[string]description // by href and ETag
	order []string               // oldest first
}

const (
	remembered     = 4096    // descriptions
	maxDescription = 1 << 20 // bytes
	describing     = time.Minute
)

func newDescriber(renderURL string) *describer {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = files * concurrent // all go to the one address
	return &describer{
		url:    strings.TrimSuffix(renderURL, "/") + "/internal/describe?href=",
		client: &http.Client{Timeout: describing, Transport: trace.Transport(transport)},
		known:  map[string]description{},
	}
}

// describe gives the grid and the bands of the file at href in the state of the ETag. A file that is broken is Invalid,
// one that is in another state by now Unavailable: who asks looks again.
func (d *describer) describe(ctx context.Context, href, etag string) (description, error) {
	key := href + "\x00" + etag
	d.mutex.Lock()
	found, ok := d.known[key]
	d.mutex.Unlock()
	if ok {
		return found, nil
	}
	found, err := d.ask(ctx, href)
	switch {
	case err != nil || etag == "":
		return found, err
	case found.ETag != "" && found.ETag != etag:
		return found, fault.New(fault.Unavailable, "%s changed while it was looked at", href)
	}
	d.remember(key, found)
	return found, nil
}

func (d *describer) remember(key string, found description) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if _, ok := d.known[key]; ok {
		return
	}
	if len(d.order) >= remembered {
		delete(d.known, d.order[0])
		d.order = d.order[1:]
	}
	d.known[key], d.order = found, append(d.order, key)
}

func (d *describer) ask(ctx context.Context, href string) (found description, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+url.QueryEscape(href), nil)
	if err != nil {
		return found, fault.Classify(fault.Internal, err, "RENDER_URL is not a URL")
	}
	response, err := d.client.Do(request)
	if err != nil {
		return found, fault.Classify(fault.Unavailable, err, "asking render for the grid of %s", href)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDescription))
	if err != nil {
		return found, fault.Classify(fault.Unavailable, err, "reading what render says of %s", href)
	}
	if response.StatusCode != http.StatusOK {
		return found, fault.New(refusals(response.StatusCode), "%s", detail(body, response.Status))
	}
	if err := json.Unmarshal(body, &found); err != nil {
		return found, fault.Classify(fault.Unavailable, err, "render's description of %s is not understood", href)
	}
	return found, nil
}

// refusals is the kind of failure that an answer of render stands for; what is not known may pass.
func refusals(status int) fault.Kind {
	switch status {
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return fault.Invalid
	case http.StatusNotImplemented, http.StatusUnsupportedMediaType:
		return fault.Unsupported
	case http.StatusForbidden:
		return fault.Forbidden
	}
	return fault.Unavailable
}

// detail is the sentence of problem details (RFC 9457), else the text of the answer.
func detail(body []byte, status string) string {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) == nil && problem.Detail != "" {
		return problem.Detail
	}
	if text := strings.TrimSpace(string(body[:min(len(body), 500)])); text != "" {
		return text
	}
	return "render answered " + status
}
