package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

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
	if err := r.named(); err != nil {
		return nil, err
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

// parse reads a raw notification. Records that name no object are left out, so that the others count; it is refused when
// no other is there.
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
	var refused []error
	for i, r := range m.Records {
		if err := r.named(); err != nil {
			refused = append(refused, fault.Classify(fault.Invalid, err, "record %d of the notification", i+1))
			continue
		}
		if n, ok := r.notice(); ok {
			notices = append(notices, n)
		}
	}
	err = errors.Join(refused...)
	if err != nil && len(notices) > 0 {
		slog.Error("a part of a notification was not handled", "error", eventing.Words(err))
		return notices, nil
	}
	return notices, err
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

// named refuses a record of no object, or of one by a name that none can have.
func (r s3Record) named() error {
	switch key := r.key(); {
	case r.S3.Bucket.Name == "" || key == "":
		return fault.New(fault.Invalid, "it names no object")
	case strings.Contains(r.S3.Bucket.Name, "/") || strings.ContainsRune(key, 0) || !utf8.ValidString(key):
		return fault.New(fault.Invalid, "no object can be called %q in the bucket %q", key, r.S3.Bucket.Name)
	}
	return nil
}

// notice reads a record; ok is false for what is neither a creation nor a removal, which is ignored.
func (r s3Record) notice() (n notice, ok bool) {
	name := strings.TrimPrefix(r.EventName, "com.amazonaws.")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "s3."), "s3:")
	if end, ok := strings.CutPrefix(name, "LifecycleExpiration:"); ok {
		name = "ObjectRemoved:" + end // by a rule of the bucket
	}
	n = notice{
		bucket: r.S3.Bucket.Name, key: r.key(), name: name, object: r.S3.Object.objectState,
		source:  strings.Join([]string{cmp.Or(r.EventSource, "aws:s3"), r.Region, r.S3.Bucket.Name}, "."),
		removed: strings.HasPrefix(name, "ObjectRemoved"),
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
