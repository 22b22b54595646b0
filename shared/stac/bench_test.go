package stac

import (
	"os"
	"testing"
)

func BenchmarkDecodeItem(b *testing.B) {
	raw, err := os.ReadFile("testdata/stac-1.0.item.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := DecodeItem(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSpliceLinks(b *testing.B) {
	raw, err := os.ReadFile("testdata/stac-1.0.item.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	links := []Link{{Rel: "self", Href: "https://example.com"}}
	for b.Loop() {
		if _, err := SpliceLinks(raw, links); err != nil {
			b.Fatal(err)
		}
	}
}
