package scope

import (
	"testing"

	"perigee/shared/fault"
)

func TestMayRead(t *testing.T) {
	b := Buckets{Ingest: "ingest", Cache: "cache", Shared: []string{"eodata"}}
	cases := []struct {
		workspace, bucket string
		may               bool
	}{
		{System, "ingest", true}, {System, "eodata", true}, {System, "cache", false}, {System, "alice", false}, {System, "", false},
		{"alice", "alice", true}, {"alice", "bob", false}, {"alice", "ingest", false}, {"alice", "eodata", false},
		{"cache", "cache", false}, {"ingest", "ingest", false}, {"eodata", "eodata", false},
	}
	for _, c := range cases {
		err := b.MayRead(c.workspace, c.bucket)
		if (err == nil) != c.may || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%q in %q: %v", c.workspace, c.bucket, err)
		}
	}
}
