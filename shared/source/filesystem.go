package source

import (
	"cmp"
	"path/filepath"
	"strings"
)

// The kinds of file systems, beside the deployment's own object store.
const (
	KindS3    = "s3"
	KindHTTP  = "http"
	KindLocal = "local"
)

// s3source is the store of a harvester in the first generation.
type s3source struct {
	Type               string `yaml:"type" json:"type"`
	Bucket             string `yaml:"bucket" json:"bucket"`
	AccessKeyID        string `yaml:"access_key_id" json:"access_key_id"`
	SecretAccessKey    string `yaml:"secret_access_key" json:"secret_access_key"`
	EndpointURL        string `yaml:"endpoint_url" json:"endpoint_url"`
	RegionName         string `yaml:"region_name" json:"region_name"`
	ValidateBucketName bool   `yaml:"validate_bucket_name" json:"validate_bucket_name"` // of the original's client; of no effect here
	Public             bool   `yaml:"public" json:"public"`
}

func (s s3source) problem() *problem {
	switch {
	case s == s3source{}:
		return nil
	case !strings.EqualFold(s.Type, KindS3):
		return wrong("resource.source.type", "the type of source is %q, not S3", s.Type)
	case s.Public && (s.AccessKeyID != "" || s.SecretAccessKey != ""):
		return wrong("resource.source.public", "a public source is read without keys")
	case (s.AccessKeyID == "") != (s.SecretAccessKey == ""):
		return wrong("resource.source.access_key_id", "access_key_id and secret_access_key go together")
	case s.EndpointURL != "" && !isWeb(s.EndpointURL):
		return wrong("resource.source.endpoint_url", "%q is not an address of http or https", s.EndpointURL)
	}
	return nil
}

func (s s3source) store() Store {
	if s == (s3source{}) {
		return Store{}
	}
	return Store{
		Kind: KindS3, Bucket: s.Bucket, Endpoint: s.EndpointURL, Region: s.RegionName, AccessKey: s.AccessKeyID, SecretKey: s.SecretAccessKey, Public: s.Public,
	}
}

// filesystem is a store of the second generation, which several harvesters may use. Swift is read by its S3 API.
type filesystem struct {
	Type  string          `yaml:"type" json:"type"`
	S3    s3filesystem    `yaml:"s3" json:"s3"`
	Swift s3filesystem    `yaml:"swift" json:"swift"`
	HTTP  httpfilesystem  `yaml:"http" json:"http"`
	Local localfilesystem `yaml:"local" json:"local"`
}

type s3filesystem struct {
	AccessKeyID     string `yaml:"access_key_id" json:"access_key_id"`
	SecretAccessKey string `yaml:"secret_access_key" json:"secret_access_key"`
	EndpointURL     string `yaml:"endpoint_url" json:"endpoint_url"`
	Region          string `yaml:"region" json:"region"`
	Bucket          string `yaml:"bucket" json:"bucket"`       // what a mere key lies in
	Container       string `yaml:"container" json:"container"` // Swift's word for it
	Public          bool   `yaml:"public" json:"public"`
}

type httpfilesystem struct {
	Username string `yaml:"username" json:"username"`
	Password string `yaml:"password" json:"password"`
	Token    string `yaml:"token" json:"token"` // Bearer
}

type localfilesystem struct {
	RootDirectory string `yaml:"root_directory" json:"root_directory"`
}

func (f filesystem) kind() string {
	if f.Type == "swift" {
		return KindS3
	}
	return f.Type
}

func (f filesystem) problem() *problem {
	used, other := f.S3, f.Swift
	if f.Type == "swift" {
		used, other = f.Swift, f.S3
	}
	switch {
	case f.Type != KindS3 && f.Type != "swift" && f.Type != KindHTTP && f.Type != KindLocal:
		return wrong("type", "the type of filesystem %q is none of s3, swift, http, local", f.Type)
	case other != s3filesystem{}, f.kind() != KindS3 && used != s3filesystem{}, f.Type != KindHTTP && f.HTTP != httpfilesystem{}, f.Type != KindLocal && f.Local != localfilesystem{}:
		return wrong("type", "the filesystem is of the type %s, and says something of another", f.Type)
	case used.Public && (used.AccessKeyID != "" || used.SecretAccessKey != ""):
		return wrong(f.Type+".public", "a public store is read without keys")
	case (used.AccessKeyID == "") != (used.SecretAccessKey == ""):
		return wrong(f.Type+".access_key_id", "access_key_id and secret_access_key go together")
	case used.EndpointURL != "" && !isWeb(used.EndpointURL):
		return wrong(f.Type+".endpoint_url", "%q is not an address of http or https", used.EndpointURL)
	case f.HTTP.Token != "" && f.HTTP.Username != "":
		return wrong("http.token", "there is a username and a token")
	case f.Type == KindLocal && !filepath.IsAbs(f.Local.RootDirectory):
		return wrong("local.root_directory", "%q is not the whole path of a folder", f.Local.RootDirectory)
	}
	return nil
}

func (f filesystem) store() Store {
	s := f.S3
	if f.Type == "swift" {
		s = f.Swift
	}
	return Store{
		Kind: f.kind(), Bucket: cmp.Or(s.Bucket, s.Container), Endpoint: s.EndpointURL, Region: s.Region, Public: s.Public,
		AccessKey: cmp.Or(s.AccessKeyID, f.HTTP.Username), SecretKey: cmp.Or(s.SecretAccessKey, f.HTTP.Password), Token: f.HTTP.Token,
		Folder: f.Local.RootDirectory,
	}
}
