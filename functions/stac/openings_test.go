package main

import (
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
)

func TestPublicAssets(t *testing.T) {
	o, err := newObjects(ObjectStore{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/=https://open.example/all/", " s3://eodata/S2/=http://s2.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	for href, want := range map[string]string{
		"s3://eodata/a.tif":             "https://open.example/all/a.tif",
		"s3://eodata/S2/x/b c+%#?ü.tif": "http://s2.example/x/b%20c+%25%23%3F%C3%BC.tif",
		"s3://eodata/S22/a.tif":         "https://open.example/all/S22/a.tif",
		"s3://eodata/":                  "",
		"s3://eodata2/a.tif":            "",
		"s3://eodata/../secret":         "",
		"s3://eodata/S2/./x":            "",
		"https://eodata/a.tif":          "",
	} {
		if got, ok := o.Public(href); got != want || ok != (want != "") {
			t.Errorf("%s is read at %q, want %q", href, got, want)
		}
	}
}

// A file that is named by the store's own address, inside or as clients reach it, is the same as one that is named by its place.
func TestPlaces(t *testing.T) {
	o, err := newObjects(ObjectStore{SignedFor: time.Hour, Endpoint: "http://objects:9000", Public: "https://o.example/store/"})
	if err != nil {
		t.Fatal(err)
	}
	for href, want := range map[string]string{
		"http://objects:9000/ingest/a/b%20c+.tif":      "s3://ingest/a/b c+.tif",
		"https://o.example/store/ingest/a.tif":         "s3://ingest/a.tif",
		"https://o.example/ingest/a.tif":               "https://o.example/ingest/a.tif",
		"https://o.example/store/ingest/":              "https://o.example/store/ingest/",
		"https://o.example/store/ingest":               "https://o.example/store/ingest",
		"http://objects:9000/ingest/a?X-Amz-Expires=5": "http://objects:9000/ingest/a?X-Amz-Expires=5",
		"http://objects:90001/ingest/a":                "http://objects:90001/ingest/a",
		"s3://ingest/a":                                "s3://ingest/a",
	} {
		if got := o.Place(href); got != want {
			t.Errorf("%s lies at %s, want %s", href, got, want)
		}
	}
	if _, err := o.Sign(t.Context(), "", o.Place("http://objects:9000/ingest/../cache/x")); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("what climbs: %v", err)
	}
}

// What cannot be meant is refused at the start, all at once.
func TestAssetSettings(t *testing.T) {
	for _, bad := range []ObjectStore{
		{SignedFor: time.Second}, {SignedFor: 8 * 24 * time.Hour}, {},
		{SignedFor: time.Hour, PublicFiles: []string{"eodata/=https://h/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata=https://h/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/S2=https://h/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/=ftp://h/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/=https://h"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/=https:///x/"}},
		{SignedFor: time.Hour, PublicFiles: []string{"s3://eodata/=https://h/?x=/"}},
	} {
		if _, err := newObjects(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	_, err := newObjects(ObjectStore{SignedFor: time.Hour, PublicFiles: []string{"one", "two"}})
	if err == nil || !strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") {
		t.Errorf("not all is told: %v", err)
	}
}

// Nothing is signed that a key leads to by a way.
func TestWaysAreNotSigned(t *testing.T) {
	o, err := newObjects(ObjectStore{SignedFor: time.Hour, IngestBucket: "ingest", CacheBucket: "cache", AccessKey: "a", SecretKey: "b"})
	if err != nil {
		t.Fatal(err)
	}
	for href, kind := range map[string]fault.Kind{
		"s3://ingest/../cache/x": fault.Forbidden, "s3://ingest/a/../../cache/x": fault.Forbidden, "s3://ingest/./x": fault.Forbidden,
		"s3://cache/x": fault.Forbidden, "s3://alice/x": fault.Forbidden, "s3://ingest": fault.NotFound, "http://ingest/x": fault.NotFound,
	} {
		if to, err := o.Sign(t.Context(), "", href); err == nil || fault.KindOf(err) != kind {
			t.Errorf("%s: %q %v", href, to, err)
		}
		if _, err := o.Stat(t.Context(), "", href); err == nil || fault.KindOf(err) != kind {
			t.Errorf("HEAD of %s: %v", href, err)
		}
	}
}
