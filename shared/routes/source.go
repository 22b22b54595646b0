package routes

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"perigee/shared/yamlfile"
)

// sourceEntry is a source as it is written. A few keys of the original say how its library is to behave and are of no
// effect here.
type sourceEntry struct {
	Name   string       `yaml:"name"`
	Type   string       `yaml:"type"`
	Kwargs sourceKwargs `yaml:"kwargs"`
}

type sourceKwargs struct {
	RootDirectory string `yaml:"root_directory"`
	Bucket        string `yaml:"bucket_name"`
	Container     string `yaml:"container"`
	AccessKey     string `yaml:"access_key_id"`
	SecretKey     string `yaml:"secret_access_key"`
	Endpoint      string `yaml:"endpoint_url"`
	Region        string `yaml:"region_name"`
	RegionOlder   string `yaml:"region"`
	Public        bool   `yaml:"public"`
	StripBucket   *bool  `yaml:"strip_bucket"`
	Validate      *bool  `yaml:"validate_bucket_name"`
}

// storeEntry is a store as the chart has it written.
type storeEntry struct {
	Kwargs sourceKwargs `yaml:",inline"`
	Type   string       `yaml:"type"`
	Store  string       `yaml:"bucket"`
	Host   string       `yaml:"host"`
}

// stores are the sources that the chart makes of global.storage.data, where the registrar names none.
func (l loader) stores(root *ast.MappingNode) ([]Source, error) {
	if values, err := l.below(root, "spec", "values"); err != nil || values != nil {
		root = values
	}
	if root == nil {
		return nil, nil
	}
	data, err := l.below(root, "global", "storage", "data")
	if err != nil || data == nil {
		return nil, err
	}
	var all []Source
	var errs []error
	for _, node := range data.Values {
		e := sourceEntry{Name: node.Key.GetToken().Value}
		var store storeEntry
		if err := l.Decode(node.Value, &store); err != nil {
			errs = append(errs, err)
			continue
		}
		e.Type, e.Kwargs = store.Type, store.Kwargs
		e.Kwargs.Bucket += store.Store
		s, wrong := e.source()
		if wrong != "" {
			errs = append(errs, l.At(node.Key, "storage", "storage %s: %s", e.Name, wrong))
		}
		all = append(all, s)
	}
	return all, errors.Join(errs...)
}

func (l loader) sources(root *ast.MappingNode, c *Config) error {
	var errs []error
	seen := map[string]bool{}
	for _, node := range list(yamlfile.Child(root, "sources")) {
		var e sourceEntry
		if err := l.Decode(node, &e); err != nil {
			errs = append(errs, err)
			continue
		}
		s, wrong := e.source()
		if wrong == "" && seen[s.Name] {
			wrong = "there are two sources of this name"
		}
		seen[s.Name] = true
		if wrong != "" {
			errs = append(errs, l.At(node, "sources", "source %s: %s", e.Name, wrong))
			continue
		}
		c.Sources = append(c.Sources, s)
	}
	return errors.Join(errs...)
}

func (e sourceEntry) source() (s Source, wrong string) {
	k := e.Kwargs
	s = Source{
		Name: e.Name, Kind: SourceKind(strings.ToLower(e.Type)), Folder: k.RootDirectory, Bucket: k.Bucket + k.Container,
		Endpoint: k.Endpoint, Region: k.Region + k.RegionOlder, AccessKey: k.AccessKey, SecretKey: k.SecretKey, Public: k.Public,
	}
	switch {
	case s.Name == "":
		return s, "it has no name"
	case s.Kind == SourceLocal && !strings.HasPrefix(s.Folder, "/"):
		return s, "root_directory is no path from the root"
	case s.Kind == SourceLocal:
	case s.Kind != SourceS3 && s.Kind != SourceSwift:
		return s, "its type is none of local, s3 and swift"
	case s.Endpoint != "" && !strings.HasPrefix(s.Endpoint, "http://") && !strings.HasPrefix(s.Endpoint, "https://"):
		return s, "endpoint_url is no address"
	case s.Kind == SourceSwift && s.Endpoint == "":
		return s, "a container is read by the S3 API of its store, whose endpoint_url is missing"
	case (s.AccessKey == "") != (s.SecretKey == ""):
		return s, "access_key_id and secret_access_key belong together"
	}
	return s, ""
}
