package main

import (
	"testing"

	"perigee/shared/fault"
)

// Nobody makes this function read what lies elsewhere: another workspace's bucket, the cache, a file, another server.
func TestAccess(t *testing.T) {
	a := access{ingest: "ingest", cache: "cache", read: []string{"eodata"}}
	for _, allowed := range [][2]string{{"", "s3://ingest/a/b.tif"}, {"ws", "s3://ws/a.tif"}, {"", "s3://eodata/a.tif"}} {
		if err := a.allow(allowed[0], allowed[1]); err != nil {
			t.Errorf("%v: %v", allowed, err)
		}
	}
	if a.web = true; a.allow("ws", "https://example.org/a.tif") != nil {
		t.Error("the web is refused though it is allowed")
	}
	if a.folder = true; a.allow("", "file:///data/a.tif") != nil || a.allow("", "/data/a.tif") != nil || a.allow("ws", "file:///data/a.tif") == nil || a.allow("", "file://host/data/a.tif") == nil {
		t.Error("files of the folder are for the system, and for it alone")
	}
	a.web, a.folder = false, false
	refused := [][2]string{{"", "https://example.org/a.tif"}, {"ws", "http://example.org/a.tif"},
		{"", "s3://ws/a.tif"}, {"", "s3://cache/a.tif"}, {"", "s3:///a.tif"}, {"ws", "s3://ingest/a.tif"}, {"ws", "s3://other/a.tif"}, {"cache", "s3://cache/a"},
		{"ingest", "s3://ingest/a"}, {"", "/etc/passwd"}, {"", "file:///etc/passwd"}, {"", "http://169.254.169.254/"}, {"", "/vsicurl/http://x/"}, {"", ""}, {"ws", "S3://ws/x"}, {"eodata", "s3://eodata/a"},
	}
	for _, refusal := range refused {
		if err := a.allow(refusal[0], refusal[1]); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", refusal, err)
		}
	}
}
