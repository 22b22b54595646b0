package tilecache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Objects is where tiles are kept.
type Objects interface {
	// Get reads an object; one that is not there is a fault.NotFound.
	Get(ctx context.Context, key string) (Object, error)
	// Put writes an object over whatever was there.
	Put(ctx context.Context, key string, object Object) error
}

// Object is a tile as it is kept. An empty one has no body and says so in its metadata. The names and values of metadata
// are short and of one line.
type Object struct {
	Body      []byte
	MediaType string
	Metadata  map[string]string
	Modified  time.Time // set by Get
}

// The names of an object's metadata.
const (
	metaRevision = "perigee-revision" // Stamp.String
	metaMade     = "perigee-made"     // Stamp.Made
	metaEmpty    = "perigee-empty"    // "true" for the marker of an empty tile
	metaTag      = "perigee-etag"     // entityTag of the body, so that reading a tile computes nothing
)

// kept is a tile with the state it shows.
type kept struct {
	Picture
	stamp    Stamp
	etag     string
	modified time.Time
	cells    []int // where it lies, as Cells tells; nil: not asked yet
}

func newKept(p Picture, stamp Stamp, modified time.Time) kept {
	return kept{Picture: p, stamp: stamp, etag: entityTag(p.Body), modified: modified}
}

func (k kept) answer(s State) Answer {
	return Answer{Picture: k.Picture, ETag: k.etag, Modified: k.modified, State: s}
}

// object is the tile as it goes into the store.
func (k kept) object() Object {
	meta := map[string]string{metaRevision: k.stamp.String(), metaMade: k.stamp.Made, metaTag: k.etag}
	o := Object{Body: k.Body, MediaType: k.MediaType, Metadata: meta}
	if k.Empty {
		meta[metaEmpty], o.Body = "true", nil
		delete(meta, metaTag)
	}
	return o
}

// keptFrom reads a tile back; ok is false for an object that is none of ours.
func keptFrom(o Object, format string) (k kept, ok bool) {
	stamp, ok := ParseStamp(o.Metadata[metaMade], o.Metadata[metaRevision])
	if !ok {
		return kept{}, false
	}
	if o.Metadata[metaEmpty] == "true" {
		return newKept(blank(format), stamp, o.Modified), true
	}
	if format == Mixed {
		format = o.MediaType
	}
	k = kept{Picture: Picture{Body: o.Body, MediaType: format}, stamp: stamp, etag: o.Metadata[metaTag], modified: o.Modified}
	if k.etag == "" { // kept by an earlier version
		k.etag = entityTag(o.Body)
	}
	return k, len(o.Body) > 0
}

// entityTag names content: the same pixels drawn again keep their tag, and browsers their copy.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}
