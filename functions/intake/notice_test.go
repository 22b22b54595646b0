package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// REG-01: the forms in which stores tell of their objects; keys are unescaped once, as the source escapes them.
func TestParse(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"aws.json", "ingest red flower+1%.json ObjectCreated:Put @0055AED6DCD90281E5-20240601T100000.5Z; ingest old.tif ObjectRemoved:Delete removed @0055AED6DCD90281E6-20240601T100001Z"},
		{"minio.json", "ingest a b/100% sure+.tif ObjectCreated:CompleteMultipartUpload @1677B5A3D2A1C0DE-20240601T100000.5Z"},
		{"ceph.json", "ingest a+b%20c.json ObjectCreated:Put @v7-20240601T100000.5Z"},
		{"versitygw.json", "ingest a+b%20c.json ObjectRemoved:DeleteObjects removed @00000000001-20240601T100000Z"},
		{"sns.json", "ingest über.json ObjectCreated:Copy @0A-20240601T100000.5Z"},
		{"tagging.json", ""},
		{"test-event.json", ""},
		{"sns-confirmation.json", ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			notices, err := parse(read(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(notices); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func outline(notices []notice) string {
	var all []string
	for _, n := range notices {
		removed := ""
		if n.removed {
			removed = " removed"
		}
		all = append(all, fmt.Sprintf("%s %s %s%s @%s", n.bucket, n.key, n.name, removed, n.version))
	}
	return strings.Join(all, "; ")
}

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":              `<xml/>`,
		"another document":      `{"hello": "world"}`,
		"a record of nothing":   `{"Records": [{"eventName": "ObjectCreated:Put"}]}`,
		"a name of no object":   `{"Records": [{"eventSource": "minio:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "a%00b"}}}]}`,
		"a name of no text":     `{"Records": [{"eventSource": "minio:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "a%ffb"}}}]}`,
		"a bucket of no name":   `{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b/c"}, "object": {"key": "a"}}}]}`,
		"an envelope of a text": `{"Type": "Notification", "Message": "hello"}`,
		"a list":                `[]`,
	} {
		if _, err := parse([]byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A record that names no object does not hold up the others of its notification.
func TestParseKeepsTheOthers(t *testing.T) {
	const text = `{"Records": [{"eventName": "ObjectCreated:Put"}, {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}}}]}`
	if notices, err := parse([]byte(text)); err != nil || outline(notices) != "b k ObjectCreated:Put @" {
		t.Errorf("%s, %v", outline(notices), err)
	}
}

func cloudEvent(t testing.TB, kind, data string) event.Event {
	t.Helper()
	e := event.New()
	e.SetID("request.id2")
	e.SetSource("aws:s3.eu-west-1.ingest")
	e.SetType(kind)
	e.SetTime(time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC))
	if err := e.SetData(event.ApplicationJSON, []byte(data)); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestFromEvent(t *testing.T) {
	for _, c := range []struct{ name, kind, data, want string }{
		{"the CloudEvents adapter for AWS S3", "com.amazonaws.s3.ObjectCreated:Put",
			`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2024-06-01T10:00:00.123Z","s3":{"bucket":{"name":"ingest"},"object":{"key":"a+b.json","eTag":"e1","sequencer":"05"}}}`,
			"ingest a b.json ObjectCreated:Put @05-20240601T100000.123Z"},
		{"made by intake or the local runner", "com.amazonaws.s3.ObjectRemoved:Delete",
			`{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"ws"},"object":{"key":"a+b.json"}}}`,
			"ws a+b.json ObjectRemoved:Delete removed @request.id2"},
		{"Ceph's prefix, the name from the type", "com.amazonaws.ObjectCreated:Put",
			`{"eventSource":"ceph:s3","s3":{"bucket":{"name":"ingest"},"object":{"key":"x.tif","size":"12"}}}`,
			"ingest x.tif ObjectCreated:Put @request.id2"},
		{"a queue's message", "dev.knative.eventing.aws-sqs", string(read(t, "aws.json")),
			"ingest red flower+1%.json ObjectCreated:Put @0055AED6DCD90281E5-20240601T100000.5Z; ingest old.tif ObjectRemoved:Delete removed @0055AED6DCD90281E6-20240601T100001Z"},
		{"removed by a rule", "com.amazonaws.s3.LifecycleExpiration:DeleteMarkerCreated", `{"s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}`,
			"b k ObjectRemoved:DeleteMarkerCreated removed @request.id2"},
		{"something else", "com.amazonaws.s3.ObjectTagging:Put", `{"eventName":"ObjectTagging:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			notices, err := fromEvent(cloudEvent(t, c.kind, c.data))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(notices); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	for _, data := range []string{`{}`, `{"s3":{"bucket":{"name":"b"},"object":{"key":""}}}`, `{"s3":{"bucket":{"name":"b"},"object":{"key":"\u0000"}}}`} {
		if _, err := fromEvent(cloudEvent(t, "com.amazonaws.s3.ObjectCreated:Put", data)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an event without an object: %s: %v", data, err)
		}
	}
}

// The same notification has the same id however often it comes; another state of the object has another one.
func TestIDs(t *testing.T) {
	at := time.Date(2024, 6, 1, 10, 0, 0, 0, time.UTC)
	first := notice{bucket: "b", key: "k.json", version: "01", time: at}
	again, later, other := first, first, first
	later.version, other.key = "02", "l.json"
	if first.id() != again.id() || first.id() == later.id() || first.id() == other.id() {
		t.Errorf("ids %q %q %q %q", first.id(), again.id(), later.id(), other.id())
	}
	strange := notice{bucket: "b", key: "a\nb ü.json", version: "1", name: "ObjectCreated:Put", source: "aws:s3.eu-west-1.b"}
	e, err := strange.event()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(e.ID()+e.Subject(), "\n") || e.Validate() != nil {
		t.Errorf("id %q, subject %q: %v", e.ID(), e.Subject(), e.Validate())
	}
}

// What intake makes of a raw notification is read back by intake as the same notification.
func TestEventIsReadBack(t *testing.T) {
	for _, file := range []string{"aws.json", "minio.json", "ceph.json", "versitygw.json", "sns.json"} {
		notices, err := parse(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			e, err := n.event()
			if err != nil {
				t.Fatal(err)
			}
			back, err := fromEvent(*e)
			if err != nil || len(back) != 1 {
				t.Fatalf("%s: %v %v", file, back, err)
			}
			back[0].source = n.source
			if back[0] != n || back[0].id() != n.id() {
				t.Errorf("%s: %+v became %+v", file, n, back[0])
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"aws.json", "minio.json", "sns.json", "test-event.json"} {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		notices, err := parse(body)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v is %v", err, fault.KindOf(err))
		}
		for _, n := range notices {
			if _, err := n.event(); err != nil {
				t.Error(err)
			}
		}
	})
}
