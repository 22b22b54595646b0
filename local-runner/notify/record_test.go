package notify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const awsRecord = `{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1","eventTime":"2026-01-02T03:04:05.678Z","eventName":"ObjectCreated:CompleteMultipartUpload","s3":{"configurationId":"x","bucket":{"name":"b"},"object":{"key":"a+b%2Bc/%C3%BC%2520.json","eTag":"abc","sequencer":"0055"}}}`
const minioRecord = `{"eventSource":"minio:s3","awsRegion":"","eventTime":"2026-01-02T03:04:05Z","eventName":"s3:ObjectRemoved:Delete","s3":{"configurationId":"Config","bucket":{"name":"b"},"object":{"key":"a%2Fb+c.json","sequencer":"16F"}}}`
const versityRecord = `{"eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-02T03:04:05Z","eventName":"ObjectCreated:Put","s3":{"configurationId":"webhook-global","bucket":{"name":"b"},"object":{"key":"a+b%20c.json","eTag":"\"abc\"","versionId":null,"sequencer":"1"}}}`

// The forms of the stores become the event of the CloudEvents mapping, with the key decoded once where it was encoded.
func TestForms(t *testing.T) {
	for name, c := range map[string]struct{ body, kind, source, subject string }{
		"aws":       {`{"Records":[` + awsRecord + `]}`, "com.amazonaws.s3.ObjectCreated:CompleteMultipartUpload", "aws:s3.eu-west-1.b", "a b+c/ü%20.json"},
		"minio":     {`{"EventName":"s3:ObjectRemoved:Delete","Key":"b/a/b c.json","Records":[` + minioRecord + `]}`, "com.amazonaws.s3.ObjectRemoved:Delete", "minio:s3..b", "a/b c.json"},
		"versitygw": {`{"Records":[` + versityRecord + `]}`, "com.amazonaws.s3.ObjectCreated:Put", "aws:s3.us-east-1.b", "a+b%20c.json"},
	} {
		changes, err := readNotification([]byte(c.body))
		if err != nil || len(changes) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		e := changes[0].event()
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if e.Type() != c.kind || e.Source() != c.source || e.Subject() != c.subject || e.Time().IsZero() {
			t.Errorf("%s: %s", name, e)
		}
		if !strings.Contains(c.body, string(e.Data())) {
			t.Errorf("%s: the data is not the record: %s", name, e.Data())
		}
	}
}

// The id is the same for the same record, and differs where anything of the record's identity differs.
func TestIdentity(t *testing.T) {
	ids := map[string]string{}
	for _, record := range []string{
		versityRecord, versityRecord, strings.Replace(versityRecord, "abc", "abd", 1), strings.Replace(versityRecord, `"1"`, `"2"`, 1),
		strings.Replace(versityRecord, ":05Z", ":06Z", 1), strings.Replace(versityRecord, `"b"`, `"c"`, 1), strings.Replace(versityRecord, "Put", "Copy", 1),
		strings.Replace(versityRecord, "null", `"v1"`, 1),
	} {
		changes, err := readNotification([]byte(`{"Records":[` + record + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		ids[changes[0].event().ID()] = record
	}
	if len(ids) != 7 {
		t.Errorf("%d ids", len(ids))
	}
}

// What the receiver answers.
func TestAnswers(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	post(t, r, `{"Service":"S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05Z","Bucket":"Test-Bucket"}`, 204)
	post(t, r, strings.Replace(fmt.Sprintf(created, "k", "1"), `"ingest"`, `"cache"`, 1), 204)
	expect(t, out, "the test event and an excluded bucket", "")
	for _, body := range []string{"", "[]", "{}", `{"Records":[]}`, `{"Records":[{}]}`, `{"Records":["x"]}`, `{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}]}`, `<xml/>`} {
		post(t, r, body, 400)
	}
	post(t, r, strings.Repeat(" ", maxNotification+1), 413)
	post(t, r, `{"Records":[`+versityRecord+`,`+minioRecord+`,`+strings.Replace(versityRecord, "ObjectCreated:Put", "ObjectTagging:Put", 1)+`]}`, 204)
	expect(t, out, "several records", "Created:Put b/a+b%20c.json, Removed:Delete b/a/b c.json, Tagging:Put b/a+b%20c.json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Error(w.Code)
	}
}

// Whatever is posted, nothing panics and what is accepted are events.
func FuzzReadNotification(f *testing.F) {
	for _, record := range []string{awsRecord, minioRecord, versityRecord} {
		f.Add(`{"Records":[` + record + `]}`)
	}
	f.Add(`{"Event":"s3:TestEvent"}`)
	f.Fuzz(func(t *testing.T, body string) {
		changes, err := readNotification([]byte(body))
		if err != nil && changes != nil {
			t.Error("changes of a broken notification")
		}
		for _, c := range changes {
			if e := c.event(); e.ID() == "" || e.Subject() == "" && c.S3.Object.Key != "" || e.Time().After(time.Now().AddDate(9000, 0, 0)) {
				t.Error(e)
			}
		}
	})
}
