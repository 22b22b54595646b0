package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
)

// notification is what a store posts: Records (Amazon S3, event message structure 2.x; MinIO adds EventName and Key), or
// the test that it makes at its start.
type notification struct {
	Records []json.RawMessage `json:"Records"`
	Event   string            `json:"Event"` // s3:TestEvent
}

// change is one record of a notification.
type change struct {
	Source  string `json:"eventSource"`
	Region  string `json:"awsRegion"`
	Time    string `json:"eventTime"`
	Name    string `json:"eventName"`
	S3      s3Part `json:"s3"`
	encoded json.RawMessage
}

type s3Part struct {
	Configuration string `json:"configurationId"`
	Bucket        struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		ETag      string `json:"eTag"`
		Version   string `json:"versionId"`
		Sequencer string `json:"sequencer"`
	} `json:"object"`
}

// readNotification is empty for the test event.
func readNotification(body []byte) ([]change, error) {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the notification is not JSON")
	}
	if n.Event == "s3:TestEvent" {
		return nil, nil
	}
	if len(n.Records) == 0 {
		return nil, fault.New(fault.Invalid, "the notification has no Records")
	}
	changes := make([]change, len(n.Records))
	for i, raw := range n.Records {
		c := change{encoded: raw}
		if err := json.Unmarshal(raw, &c); err != nil {
			return nil, fault.Classify(fault.Invalid, err, "record %d of the notification", i+1)
		}
		if c.Name == "" || c.S3.Bucket.Name == "" || c.S3.Object.Key == "" {
			return nil, fault.New(fault.Invalid, "record %d of the notification does not name an event, a bucket and a key", i+1)
		}
		c.normalise()
		changes[i] = c
	}
	return changes, nil
}

// normalise decodes the key once where the store encodes it like a form's value (AWS and MinIO; versitygw, which is known
// by the name of its configuration, does not), and takes the decoration off names and tags.
func (c *change) normalise() {
	c.Name = strings.TrimPrefix(c.Name, "s3:")
	c.S3.Object.ETag = strings.Trim(c.S3.Object.ETag, `"`)
	if strings.HasSuffix(c.S3.Configuration, "-global") {
		return
	}
	if key, err := url.QueryUnescape(c.S3.Object.Key); err == nil {
		c.S3.Object.Key = key
	}
}

func (c change) created() bool { return strings.HasPrefix(c.Name, "ObjectCreated:") }
func (c change) removed() bool { return strings.HasPrefix(c.Name, "ObjectRemoved:") }

// event maps a record as the CloudEvents adapter for Amazon S3 says (github.com/cloudevents/spec, adapters/aws-s3.md). The
// id is the same whenever the same record comes; sequencers alone are not, because versitygw counts anew at each start.
func (c change) event() event.Event {
	e := event.New()
	e.SetID(identify(c.Name, c.S3.Bucket.Name, c.S3.Object.Key, c.S3.Object.ETag, c.S3.Object.Version, c.S3.Object.Sequencer, c.Time))
	e.SetType("com.amazonaws.s3." + c.Name)
	e.SetSource(source(cmp.Or(c.Source, "aws:s3"), c.Region, c.S3.Bucket.Name))
	e.SetSubject(eventing.Attribute(c.S3.Object.Key))
	if at, err := time.Parse(time.RFC3339Nano, c.Time); err == nil {
		e.SetTime(at)
	}
	e.SetDataContentType(event.ApplicationJSON)
	e.DataEncoded = c.encoded
	return e
}

func source(service, region, bucket string) string {
	return strings.Join([]string{service, region, bucket}, ".")
}

// identify makes an identifier of what distinguishes an event.
func identify(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// found is the event of a difference: the record that the store should have sent. Its id begins with listed-, and is the
// same for the same state of the object.
func found(name, region string, o bucket.Object, at time.Time) (event.Event, error) {
	data := eventing.Object{EventName: name, EventTime: at.UTC().Format(time.RFC3339Nano)}
	data.S3.Bucket.Name, data.S3.Object.Key, data.S3.Object.ETag = o.Bucket, o.Key, o.ETag
	e := event.New()
	e.SetID("listed-" + identify(name, o.Bucket, o.Key, o.ETag, o.Modified.UTC().String()))
	e.SetType("com.amazonaws.s3." + name)
	e.SetSource(source("aws:s3", region, o.Bucket))
	e.SetSubject(eventing.Attribute(o.Key))
	e.SetTime(at)
	return e, e.SetData(event.ApplicationJSON, data)
}
