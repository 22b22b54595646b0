package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"perigee/shared/fault"
)

// entry is a harvester as a file or a request writes it, in the keys of either generation of EOEPCA's schema: that of
// EOEPCA 1.1, a list with the store in `source`, and that of View Server 4, a map with the store among `filesystems`.
type entry struct {
	Name           string   `yaml:"name" json:"name"`
	Resource       resource `yaml:"resource" json:"resource"`
	Filter         any      `yaml:"filter" json:"filter"`
	Postprocess    any      `yaml:"postprocess" json:"postprocess"`
	Postprocessors any      `yaml:"postprocessors" json:"postprocessors"`
	Queue          string   `yaml:"queue" json:"queue"`
	Mode           string   `yaml:"mode" json:"mode"` // a key of our own: register or replace
}

type resource struct {
	Type         string      `yaml:"type" json:"type"`
	RootPath     string      `yaml:"root_path" json:"root_path"`
	CollectionID string      `yaml:"collection_id" json:"collection_id"`
	Source       s3source    `yaml:"source" json:"source"`
	STACCatalog  staccatalog `yaml:"staccatalog" json:"staccatalog"`
}

type staccatalog struct {
	Filesystem   string `yaml:"filesystem" json:"filesystem"`
	RootPath     string `yaml:"root_path" json:"root_path"`
	CollectionID string `yaml:"collection_id" json:"collection_id"`
}

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

// filesystem is a store of the second generation, which several harvesters may use.
type filesystem struct {
	Type string       `yaml:"type"`
	S3   s3filesystem `yaml:"s3"`
}

type s3filesystem struct {
	AccessKeyID     string `yaml:"access_key_id"`
	SecretAccessKey string `yaml:"secret_access_key"`
	EndpointURL     string `yaml:"endpoint_url"`
	Region          string `yaml:"region"`
	Public          bool   `yaml:"public"`
}

// The modes of a registration, and the names of the queue of items that EOEPCA's configurations use.
const (
	modeRegister = "register"
	modeReplace  = "replace"
	queue        = "register_queue"
	queueAlias   = "register"
)

// normal is the entry with what both generations say in one place, that of the first.
func (e entry) normal() entry {
	s := &e.Resource.STACCatalog
	e.Resource.RootPath = cmp.Or(s.RootPath, e.Resource.RootPath)
	e.Resource.CollectionID = cmp.Or(s.CollectionID, e.Resource.CollectionID)
	s.RootPath, s.CollectionID = "", ""
	return e
}

// problem is what is wrong with a configuration, and at which key.
type problem struct{ at, text string }

func wrong(at, format string, args ...any) *problem {
	return &problem{at, fmt.Sprintf(format, args...)}
}

// problem tells the first thing that is wrong with an entry.
func (e entry) problem(filesystems map[string]filesystem) *problem {
	r := e.Resource
	_, known := filesystems[r.STACCatalog.Filesystem]
	switch {
	case r.Type != TypeSTACCatalog:
		return wrong("resource.type", "the type of resource %q is not supported yet, but %s is", r.Type, TypeSTACCatalog)
	case r.RootPath != "" && r.STACCatalog.RootPath != "":
		return wrong("resource.staccatalog.root_path", "root_path is given twice")
	case r.CollectionID != "" && r.STACCatalog.CollectionID != "":
		return wrong("resource.staccatalog.collection_id", "collection_id is given twice")
	case r.STACCatalog.Filesystem != "" && !known:
		return wrong("resource.staccatalog.filesystem", "there is no %q among filesystems", r.STACCatalog.Filesystem)
	case r.STACCatalog.Filesystem != "" && r.Source != (s3source{}):
		return wrong("resource.source", "the store is given twice, here and as a filesystem")
	case r.Source != (s3source{}) && !strings.EqualFold(r.Source.Type, "s3"):
		return wrong("resource.source.type", "the type of source %q is not supported yet, but S3 is", r.Source.Type)
	case r.Source.Public:
		return wrong("resource.source.public", "a store that is read without keys is not supported yet")
	case !isEmpty(e.Postprocess):
		return wrong("postprocess", "postprocessors are not supported yet")
	case !isEmpty(e.Postprocessors):
		return wrong("postprocessors", "postprocessors are not supported yet")
	case e.Queue != "" && e.Queue != queue && e.Queue != queueAlias:
		return wrong("queue", "the queue is %q, not %s or %s", e.Queue, queue, queueAlias)
	case e.Mode != "" && e.Mode != modeRegister && e.Mode != modeReplace:
		return wrong("mode", "the mode is %q, not %s or %s", e.Mode, modeRegister, modeReplace)
	}
	if _, err := readFilter(e.Filter); err != nil {
		return wrong("filter", "%v", err)
	}
	return nil
}

// isEmpty tells whether a value of any form says nothing.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func (f filesystem) problem() *problem {
	switch {
	case f.Type != "s3":
		return wrong("type", "the type of filesystem %q is not supported yet, but s3 is", f.Type)
	case f.S3.Public:
		return wrong("s3.public", "a store that is read without keys is not supported yet")
	}
	return nil
}

func (e entry) harvester(filesystems map[string]filesystem) Harvester {
	e = e.normal()
	r, s3 := e.Resource, filesystems[e.Resource.STACCatalog.Filesystem].S3
	takes, _ := readFilter(e.Filter) // an entry whose filter cannot be read has a problem
	return Harvester{
		Name: e.Name, Filter: takes, RootPath: cmp.Or(r.RootPath, "/"), Collection: r.CollectionID, Mode: cmp.Or(e.Mode, modeRegister),
		Store: Store{
			Bucket:    r.Source.Bucket,
			Endpoint:  cmp.Or(r.Source.EndpointURL, s3.EndpointURL),
			Region:    cmp.Or(r.Source.RegionName, s3.Region),
			AccessKey: cmp.Or(r.Source.AccessKeyID, s3.AccessKeyID),
			SecretKey: cmp.Or(r.Source.SecretAccessKey, s3.SecretAccessKey),
		},
	}
}

// MaxValues bounds what a request lays over a configuration, in bytes.
const MaxValues = 64 << 10

// with lays values over an entry. Reading JSON into what is there already is a deep merge: keys that are not named stay.
func (e entry) with(values []byte) (entry, error) {
	base := e.normal()
	if len(values) == 0 || string(values) == "null" {
		return base, nil
	}
	if len(values) > MaxValues {
		return base, fault.At(fault.Invalid, "values", "the values have %d bytes, more than the %d that are read", len(values), MaxValues)
	}
	merged := base
	merged.Filter = unsaid{}
	in := json.NewDecoder(bytes.NewReader(values))
	in.DisallowUnknownFields()
	if err := in.Decode(&merged); err != nil {
		return base, fault.At(fault.Invalid, "values", "values: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := in.Token(); err != io.EOF {
		return base, fault.At(fault.Invalid, "values", "values: something follows the object")
	}
	merged.Filter = merge(base.Filter, merged.Filter)
	if s := merged.Resource.STACCatalog; s.RootPath != "" && merged.Resource.RootPath == base.Resource.RootPath {
		merged.Resource.RootPath = ""
	}
	if s := merged.Resource.STACCatalog; s.CollectionID != "" && merged.Resource.CollectionID == base.Resource.CollectionID {
		merged.Resource.CollectionID = ""
	}
	return merged, merged.keeps(base)
}

// keeps refuses values that change what the deployment alone says.
func (e entry) keeps(base entry) error {
	for _, c := range []struct {
		at      string
		changed bool
	}{
		{"name", e.Name != base.Name}, {"resource.type", e.Resource.Type != base.Resource.Type}, {"resource.source", e.Resource.Source != base.Resource.Source},
		{"resource.staccatalog.filesystem", e.Resource.STACCatalog.Filesystem != base.Resource.STACCatalog.Filesystem},
	} {
		if c.changed {
			return fault.At(fault.Forbidden, "values."+c.at, "values.%s: that is for the deployment to say, not for a request", c.at)
		}
	}
	return nil
}
