package routes

import (
	"net/url"
	"strings"
)

// PublicHref is the address under which an object is public, by the form of public_s3_url: https://host/bucket, below
// which the object's key stands; or https://host:8080/project:bucket, as Swift names them, where the bucket gives way to
// the object's own bucket and key. Without such an address, or for what is no object, it is empty.
func (b Backend) PublicHref(bucket, key string) string {
	if b.PublicS3 == "" || key == "" {
		return ""
	}
	u, err := url.Parse(b.PublicS3)
	if err != nil {
		return ""
	}
	project, _, swift := strings.Cut(strings.Trim(u.Path, "/"), ":")
	if swift {
		u.Path, u.RawPath = "/"+project+":"+bucket+"/"+key, ""
		return u.String()
	}
	segments := strings.Split(key, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return u.JoinPath(segments...).String()
}
