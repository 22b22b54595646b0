package tilecache

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// maxProblem bounds what is read of an answer that tells a failure.
const maxProblem = 64 << 10

// maxTile bounds the bytes of a tile.
const maxTile = 4 << 20

// Remote is the function render as a Renderer: it is asked for blocks of tiles over HTTP.
type Remote struct {
	address    string
	client     *http.Client
	background bool
}

// NewRemote checks the address of render; it is asked nothing yet.
func NewRemote(base string) (*Remote, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return nil, fault.At(fault.Invalid, "RENDER_URL", "RENDER_URL %q is not an absolute URL", base)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	client := &http.Client{Transport: trace.Transport(transport)}
	return &Remote{address: strings.TrimSuffix(base, "/") + "/internal/tiles", client: client}, nil
}

// Background is the same renderer, which is told that nobody waits for the tiles: what others wait for goes first.
func (r *Remote) Background() *Remote { return &Remote{r.address, r.client, true} }

// Render yields the tiles of a block while the answer comes in.
func (r *Remote) Render(ctx context.Context, b Block) iter.Seq2[Drawn, error] {
	return func(yield func(Drawn, error) bool) {
		answer, err := r.ask(ctx, b)
		if err != nil {
			yield(Drawn{}, err)
			return
		}
		defer answer.Body.Close()
		parts, err := partsOf(answer)
		for err == nil {
			var drawn Drawn
			drawn, err = nextTile(parts, b.Format)
			drawn.Stale = answer.Header.Get("Tile-Stale") == "true"
			if err == nil && !yield(drawn, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Drawn{}, err)
		}
	}
}

// ask sends the request for a block, and gives the answer if it is a good one.
func (r *Remote) ask(ctx context.Context, b Block) (*http.Response, error) {
	q := query(b)
	if r.background {
		q.Set("background", "true")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address+"?"+q.Encode(), nil)
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "asking for tiles")
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "the renderer does not answer")
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return nil, Refusal(answer)
	}
	return answer, nil
}

func query(b Block) url.Values {
	q := url.Values{
		"workspace": {b.Workspace}, "layer": {b.Layer}, "style": {b.Style}, "grid": {b.Set.ID}, "format": {b.Format},
		"z": {strconv.Itoa(b.At.Z)}, "col": {strconv.Itoa(b.At.Col)}, "row": {strconv.Itoa(b.At.Row)},
		"cols": {strconv.Itoa(b.Cols)}, "rows": {strconv.Itoa(b.Rows)},
	}
	if !b.Time.IsZero() {
		q.Set("time", b.Time.String())
	}
	if b.Buffer != 0 {
		q.Set("buffer", strconv.Itoa(b.Buffer))
	}
	if b.Products != 0 {
		q.Set("products", strconv.FormatInt(b.Products, 10))
	}
	if b.Revision != 0 {
		q.Set("revision", strconv.FormatInt(b.Revision, 10))
	}
	return q
}

// Refusal is the failure that an answer of render tells (RFC 9457).
func Refusal(answer *http.Response) error {
	var problem struct {
		Detail  string `json:"detail"`
		Locator string `json:"locator"`
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = "the renderer answered " + answer.Status
	}
	switch answer.StatusCode {
	case http.StatusNotFound:
		return fault.At(fault.NotFound, "layer", "%s", problem.Detail)
	case http.StatusBadRequest:
		return fault.At(fault.Invalid, problem.Locator, "%s", problem.Detail)
	}
	return fault.New(fault.Unavailable, "%s", problem.Detail)
}

func partsOf(answer *http.Response) (*multipart.Reader, error) {
	kind, parameters, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" || parameters["boundary"] == "" {
		return nil, fault.New(fault.Unavailable, "the renderer answered %q, not multipart/mixed", answer.Header.Get("Content-Type"))
	}
	return multipart.NewReader(answer.Body, parameters["boundary"]), nil
}

// nextTile reads the next part; io.EOF says that there is none.
func nextTile(parts *multipart.Reader, format string) (Drawn, error) {
	part, err := parts.NextPart()
	if err == io.EOF { // the closing boundary; an answer that broke off wraps it
		return Drawn{}, io.EOF
	}
	if err != nil {
		return Drawn{}, fault.Classify(fault.Unavailable, err, "the renderer's answer broke off")
	}
	drawn := Drawn{Picture: Picture{MediaType: part.Header.Get("Content-Type"), Empty: part.Header.Get("Tile-Empty") == "true"}}
	var colErr, rowErr error
	drawn.Col, colErr = strconv.Atoi(part.Header.Get("Tile-Col"))
	drawn.Row, rowErr = strconv.Atoi(part.Header.Get("Tile-Row"))
	if err := errors.Join(colErr, rowErr); err != nil {
		return drawn, fault.Classify(fault.Unavailable, err, "the renderer gave a tile without its place")
	}
	if drawn.Body, err = io.ReadAll(io.LimitReader(part, maxTile+1)); err != nil {
		return drawn, fault.Classify(fault.Unavailable, err, "the renderer's answer broke off")
	}
	if len(drawn.Body) > maxTile || !drawn.Empty && (len(drawn.Body) == 0 || !suits(drawn.MediaType, format)) {
		return drawn, fault.New(fault.Unavailable, "the renderer gave %d bytes of %q for a tile of %s", len(drawn.Body), drawn.MediaType, format)
	}
	return drawn, nil
}

// suits tells whether a tile of a media type was asked for by a format.
func suits(mediaType, format string) bool {
	return mediaType == format || format == Mixed && (mediaType == JPEG || mediaType == PNG)
}
