package main

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// notice is what a notification says, whatever form it came in.
type notice struct {
	bucket  string
	key     string // as it is, not escaped
	name    string // ObjectCreated:Put
	source  string // aws:s3.eu-west-1.bucket
	version string // tells this notification from others of the object
	object  objectState
	time    time.Time
	removed bool
}

// objectState is what a notification says of the object's state; any of it may be empty.
type objectState struct {
	ETag      string `json:"eTag"`
	Sequencer string `json:"sequencer"`
	VersionID string `json:"versionId"`
}

// s3Record is an element of Records in a notification (Amazon S3, event message structure 2.x).
type s3Record struct {
	EventSource string `json:"eventSource"`
	Region      string `json:"awsRegion"`
	EventTime   string `json:"eventTime"`
	EventName   string `json:"eventName"`
	S3          struct {
		Configuration string `json:"configurationId"`
		Bucket        struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"`
			objectState
		} `json:"object"`
	} `json:"s3"`
}

// message is any of the wrappings: Records of S3, MinIO or a queue; a notification of SNS; a test event.
type message struct {
	Records []s3Record `json:"Records"`
	Event   string     `json:"Event"` // s3:TestEvent
	Type    string     `json:"Type"`  // SNS: Notification, SubscriptionConfirmation
	Message string     `json:"Message"`
}

// fromEvent reads the notifications in a CloudEvent: one record, or any of the wrappings (a queue's message).
func fromEvent(e event.Event) ([]notice, error) {
	var r s3Record
	if err := json.Unmarshal(e.Data(), &r); err != nil || r.S3.Bucket.Name == "" {
		return parse(e.Data())
	}
	r.EventName = cmp.Or(r.EventName, e.Type())
	if n, ok := r.notice(); ok {
		if n.time.IsZero() {
			n.time = e.Time()
		}
		n.version = cmp.Or(n.version, e.ID())
		return []notice{n}, nil
	}
	return nil, nil
}

// parse reads a raw notification.
func parse(body []byte) ([]notice, error) {
	m, err := unwrap(body)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(m.Event, "TestEvent") || strings.HasSuffix(m.Type, "Confirmation") {
		slog.Info("ignored", "why", "a message of the notification service itself", "kind", cmp.Or(m.Event, m.Type))
		return nil, nil
	}
	if m.Records == nil {
		return nil, fault.New(fault.Invalid, "the message is not a notification of a bucket: it has no Records")
	}
	var notices []notice
	for i, r := range m.Records {
		if r.S3.Bucket.Name == "" || r.S3.Object.Key == "" {
			return nil, fault.New(fault.Invalid, "record %d of the notification names no object", i+1)
		}
		if n, ok := r.notice(); ok {
			notices = append(notices, n)
		}
	}
	return notices, nil
}

// unwrap takes the notification out of an envelope of SNS.
func unwrap(body []byte) (m message, err error) {
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fault.Classify(fault.Invalid, err, "the notification is not JSON of the form that buckets send")
	}
	if m.Type != "Notification" {
		return m, nil
	}
	inner := m.Message
	m = message{}
	if err := json.Unmarshal([]byte(inner), &m); err != nil {
		return m, fault.Classify(fault.Invalid, err, "the message in the SNS envelope is not a notification of a bucket")
	}
	return m, nil
}

// notice reads a record; ok is false for what is neither a creation nor a removal, which is ignored.
func (r s3Record) notice() (n notice, ok bool) {
	name := strings.TrimPrefix(r.EventName, "com.amazonaws.")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "s3."), "s3:")
	n = notice{
		bucket: r.S3.Bucket.Name, key: r.key(), name: name, object: r.S3.Object.objectState,
		source:  strings.Join([]string{cmp.Or(r.EventSource, "aws:s3"), r.Region, r.S3.Bucket.Name}, "."),
		removed: strings.HasPrefix(name, "ObjectRemoved") || strings.HasPrefix(name, "LifecycleExpiration"),
	}
	if t, err := time.Parse(time.RFC3339Nano, r.EventTime); err == nil {
		n.time = t.UTC()
	}
	n.version = r.version(n.time)
	if !n.removed && !strings.HasPrefix(name, "ObjectCreated") {
		slog.Info("ignored", "why", "neither a creation nor a removal", "bucket", n.bucket, "key", n.key, "notification", name)
		return n, false
	}
	return n, true
}

// version tells this notification from others of the same object, and is the same when it comes again. A sequencer alone
// does not do: there are stores that count anew when they start.
func (r s3Record) version(at time.Time) string {
	o := r.S3.Object
	parts := []string{cmp.Or(o.Sequencer, o.VersionID, o.ETag)}
	if !at.IsZero() {
		parts = append(parts, at.Format("20060102T150405.999999999Z"))
	}
	return strings.Trim(strings.Join(parts, "-"), "-")
}

// key is the object's key, unescaped once where the source escapes it: AWS and MinIO send it like a form's value
// (space as +), Ceph, versitygw (known by its configuration) and events made here send it as it is.
func (r s3Record) key() string {
	key := r.S3.Object.Key
	escaped := r.EventSource == "aws:s3" || r.EventSource == "minio:s3"
	if !escaped || strings.HasSuffix(r.S3.Configuration, "-global") {
		return key
	}
	if plain, err := url.QueryUnescape(key); err == nil {
		return plain
	}
	return key
}

// event is the notification as the CloudEvents adapter for AWS S3 maps it (github.com/cloudevents/spec, adapters/aws-s3),
// with an id that is the same whenever the same notification comes.
func (n notice) event() (*event.Event, error) {
	e := event.New()
	e.SetID(n.id())
	e.SetSource(eventing.Attribute(n.source))
	e.SetType("com.amazonaws.s3." + n.name)
	e.SetSubject(eventing.Attribute(n.key))
	if !n.time.IsZero() {
		e.SetTime(n.time)
	}
	data := eventing.Object{EventName: n.name}
	if !n.time.IsZero() {
		data.EventTime = record.Instant(n.time)
	}
	data.S3.Bucket.Name = n.bucket
	object := &data.S3.Object
	object.Key, object.ETag, object.Sequencer, object.VersionID = n.key, n.object.ETag, n.object.Sequencer, n.object.VersionID
	if err := e.SetData(event.ApplicationJSON, data); err != nil {
		return nil, fault.Classify(fault.Internal, err, "the event of %s/%s cannot be encoded", n.bucket, n.key)
	}
	return &e, nil
}

func (n notice) id() string { return eventing.Attribute(n.bucket + "/" + n.key + "@" + n.version) }
