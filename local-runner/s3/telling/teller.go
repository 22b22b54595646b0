package telling

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// configuration names where the record comes from. Names that end with -global are those of versitygw, which does not
// encode keys, nor is it done here.
const (
	configuration = "runner-global"
	region        = "us-east-1"
)

// record is an element of Records (Amazon S3, event message structure 2.2).
type record struct {
	EventVersion string `json:"eventVersion"`
	EventSource  string `json:"eventSource"`
	Region       string `json:"awsRegion"`
	EventTime    string `json:"eventTime"`
	EventName    string `json:"eventName"`
	S3           s3Part `json:"s3"`
}

type s3Part struct {
	SchemaVersion string     `json:"s3SchemaVersion"`
	Configuration string     `json:"configurationId"`
	Bucket        bucketPart `json:"bucket"`
	Object        object     `json:"object"`
}

type bucketPart struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

type object struct {
	Key       string `json:"key"`
	Size      int64  `json:"size,omitempty"` // not known of copies and of uploads in parts
	ETag      string `json:"eTag,omitempty"`
	Version   string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer"`
}

// The bounds of telling.
const (
	tries     = 3
	patience  = 2 * time.Second        // for one answer
	pause     = 200 * time.Millisecond // between tries
	batchSize = 100                    // records of one post
)

// teller posts records.
type teller struct {
	url    string
	client *http.Client
}

func newTeller(url string) *teller {
	return &teller{url: url, client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
}

// tell posts records whatever becomes of the request that caused them. What the receiver does not take it finds by
// listing, later.
func (t *teller) tell(ctx context.Context, all []record) {
	ctx = context.WithoutCancel(ctx)
	for some := range slices.Chunk(all, batchSize) {
		body, err := json.Marshal(map[string][]record{"Records": some})
		if err == nil {
			err = t.insist(ctx, body)
		}
		if err != nil {
			slog.Error("nobody took note of a change in a bucket; it will be noticed later", "bucket", some[0].S3.Bucket.Name, "key", some[0].S3.Object.Key, "error", err)
		}
	}
}

func (t *teller) insist(ctx context.Context, body []byte) (err error) {
	for try := range tries {
		if try > 0 {
			time.Sleep(pause)
		}
		if err = t.post(ctx, body); err == nil {
			return nil
		}
	}
	return err
}

func (t *teller) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	words, _ := io.ReadAll(io.LimitReader(response.Body, 300))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", response.Status, words)
	}
	return nil
}
