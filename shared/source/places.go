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
	Kind      string   // of another file system than the deployment's object store: s3, http or local
}

// Own tells whether the places are those of the deployment's own object store, which every function reads.
func (p Places) Own() bool { return p.Kind == "" }

// maxKey is S3's bound on the length of a key in bytes.
const maxKey = 1024

// Root finds where a walk begins: s3://bucket/key, a key or folder in the bucket, an address of the web, or a path in a
// local folder. What does not end in json is a folder.
func (p Places) Root(rootPath string) (string, error) {
	href := rootPath
	switch {
	case p.Kind == KindLocal:
		href = localScheme + path.Join("/", rootPath)
	case p.Kind == KindHTTP && !isWeb(href), p.Kind != KindHTTP && isWeb(href) && !p.isObject(href):
		return "", fault.At(fault.Invalid, "root_path", "root_path is %.200q, which the file system does not have", rootPath)
	case p.Kind != KindHTTP:
		var err error
		if href, err = p.rootObject(rootPath); err != nil {
			return "", err
		}
	}
	if strings.HasSuffix(rootPath, "/") && !strings.HasSuffix(href, "/") {
		href += "/"
	}
	if plain, _, _ := strings.Cut(href, "?"); !strings.HasSuffix(href, "/") && !strings.HasSuffix(strings.ToLower(plain), "json") {
		href += "/"
	}
	if len(href) > maxAddress {
		return "", fault.At(fault.Invalid, "root_path", "root_path is longer than %d bytes", maxAddress)
	}
	return href, p.mayRead(href)
}

// rootObject is the object, or the folder of objects, of a root_path.
func (p Places) rootObject(rootPath string) (string, error) {
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
	return "s3://" + name + "/" + key, checkKey(key)
}

func (p Places) isObject(href string) bool {
	_, _, ok := p.object(href)
	return ok
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

// localScheme begins the addresses of files in a local folder, which is their root.
const localScheme = "file://"

// mayRead is nil for what may be read here: of another store than the deployment's, the one bucket that it is configured
// with; of the web, what its asker lets pass.
func (p Places) mayRead(href string) error {
	switch p.Kind {
	case KindHTTP:
		if !isWeb(href) {
			return fault.New(fault.Unsupported, "it is no address of the web, and no other addresses are followed")
		}
		return nil
	case KindLocal:
		if !strings.HasPrefix(href, localScheme+"/") {
			return fault.New(fault.Unsupported, "it is no file of the folder, and no other addresses are followed")
		}
		return nil
	}
	name, _, _ := p.object(href)
	if p.Kind == KindS3 {
		if name != p.Bucket {
			return fault.New(fault.Forbidden, "the bucket %q is not the one that is harvested", name)
		}
		return nil
	}
	return p.Buckets.MayRead(p.Workspace, name)
}

// resolve finds what a link of the document at href leads to. self is what the document says its own address is: a catalogue
// that was published with absolute links is followed where it lies.
func (p Places) resolve(href, self, to string) (string, error) {
	if to == "" {
		return "", fault.New(fault.Invalid, "a link of %s leads nowhere", href)
	}
	if relative, ok := beside(self, to); ok {
		to = relative
	}
	at := stac.ResolveHref(href, to)
	if strings.HasSuffix(to, "/") {
		return "", fault.New(fault.Invalid, "it is a folder, not a document")
	}
	if p.Kind == KindHTTP || p.Kind == KindLocal {
		if len(at) > maxAddress {
			return "", fault.New(fault.Invalid, "the address is longer than %d bytes", maxAddress)
		}
		return at, p.mayRead(at)
	}
	name, key, ok := p.object(at)
	switch {
	case !ok:
		return "", fault.New(fault.Unsupported, "it is not an object of the object store, and no other addresses are followed")
	case key == "" || strings.HasSuffix(key, "/"):
		return "", fault.New(fault.Invalid, "it is a folder, not a document")
	}
	if err := checkKey(key); err != nil {
		return "", err
	}
	at = "s3://" + name + "/" + key
	return at, p.mayRead(at)
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

// maxAddress bounds the addresses of what is visited, in bytes: the catalogue keeps them.
const maxAddress = 2000

// isWeb tells whether a reference is an address of the web.
func isWeb(href string) bool {
	at, err := url.Parse(href)
	return err == nil && (at.Scheme == "http" || at.Scheme == "https") && at.Hostname() != ""
}

// hasUser tells whether an address has credentials in it.
func hasUser(address string) bool {
	at, err := url.Parse(address)
	return err == nil && at.User != nil
}

func trimmed(address string) string { return strings.TrimSuffix(address, "/") }

func startsWith(href, address string) bool { return strings.HasPrefix(href, trimmed(address)+"/") }

// bucketOf is the bucket of s3://bucket/key.
func bucketOf(href string) string {
	rest, _ := strings.CutPrefix(href, "s3://")
	if rest == href {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
