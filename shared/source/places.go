package source

import (
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// Places says what the addresses in a catalogue mean, and which of them may be read on behalf of a workspace.
type Places struct {
	Workspace string
	Buckets   scope.Buckets
	Endpoint  *url.URL // of the object store: its own URLs of objects are understood too
	Bucket    string   // what a mere key lies in
}

// maxKey is S3's bound on the length of a key in bytes.
const maxKey = 1024

// Root finds where a walk begins: s3://bucket/key, or a key or folder in the bucket. What does not end in json is a
// folder.
func (p Places) Root(rootPath string) (string, error) {
	href := rootPath
	if !stac.IsAbsolute(href) {
		href = "s3://" + p.Bucket + path.Join("/", href)
		if strings.HasSuffix(rootPath, "/") && !strings.HasSuffix(href, "/") {
			href += "/"
		}
	}
	name, key, ok := p.object(href)
	if !ok {
		return "", fault.At(fault.Invalid, "root_path", "root_path is %q, not s3://bucket/key, a key or a folder", rootPath)
	}
	href = "s3://" + name + "/" + key
	if !strings.HasSuffix(href, "/") && !strings.HasSuffix(strings.ToLower(href), "json") {
		href += "/"
	}
	if err := checkKey(key); err != nil {
		return "", err
	}
	return href, p.mayRead(href)
}

// object takes an absolute address apart; the key of a bucket's root is empty.
func (p Places) object(href string) (name, key string, ok bool) {
	if rest, found := strings.CutPrefix(href, "s3://"); found {
		name, key, _ = strings.Cut(rest, "/")
		return name, key, name != ""
	}
	u, err := url.Parse(href)
	if err != nil || p.Endpoint == nil || p.Endpoint.Host == "" || !strings.EqualFold(u.Host, p.Endpoint.Host) {
		return "", "", false
	}
	inside, below := strings.CutPrefix(u.Path, strings.TrimSuffix(p.Endpoint.Path, "/")+"/")
	name, key, _ = strings.Cut(inside, "/")
	return name, key, below && name != ""
}

func (p Places) mayRead(href string) error {
	name, _, _ := p.object(href)
	return p.Buckets.MayRead(p.Workspace, name)
}

// resolve finds the object that a link of the document at href leads to. self is what the document says its own address
// is: a catalogue that was published with absolute links is followed in the bucket that it lies in.
func (p Places) resolve(href, self, to string) (string, error) {
	if to == "" {
		return "", fault.New(fault.Invalid, "a link of %s leads nowhere", href)
	}
	if relative, ok := beside(self, to); ok {
		to = relative
	}
	name, key, ok := p.object(stac.ResolveHref(href, to))
	switch {
	case !ok:
		return "", fault.New(fault.Unsupported, "it is not an object of the object store, and no other addresses are followed")
	case key == "" || strings.HasSuffix(key, "/") || strings.HasSuffix(to, "/"):
		return "", fault.New(fault.Invalid, "it is a folder, not a document")
	}
	if err := checkKey(key); err != nil {
		return "", err
	}
	return "s3://" + name + "/" + key, p.Buckets.MayRead(p.Workspace, name)
}

func checkKey(key string) error {
	if len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return fault.New(fault.Invalid, "no object can have this key: it is longer than %d bytes or no valid text", maxKey)
	}
	return nil
}

// beside gives an absolute web address as one relative to a document whose own address is on the same host.
func beside(self, to string) (string, bool) {
	from, err := url.Parse(self)
	if err != nil || (from.Scheme != "http" && from.Scheme != "https") {
		return "", false
	}
	target, err := url.Parse(to)
	if err != nil || target.Scheme != from.Scheme || !strings.EqualFold(target.Host, from.Host) {
		return "", false
	}
	folder, rest := strings.Split(strings.Trim(path.Dir(path.Clean("/"+from.Path)), "/"), "/"), strings.Split(strings.Trim(path.Clean("/"+target.Path), "/"), "/")
	if folder[0] == "" {
		folder = nil
	}
	for len(folder) > 0 && len(rest) > 1 && folder[0] == rest[0] {
		folder, rest = folder[1:], rest[1:]
	}
	return strings.Repeat("../", len(folder)) + strings.Join(rest, "/"), true
}
