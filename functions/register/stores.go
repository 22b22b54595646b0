package main

import (
	"slices"

	"perigee/shared/bucket"
	"perigee/shared/routes"
	"perigee/shared/scope"
)

// stores are the object stores that the system's documents and their files lie in: the deployment's own, and those of its
// sources (REG-31).
type stores struct {
	own       *bucket.Client
	buckets   []string // of the own store
	elsewhere []elsewhere
}

// elsewhere is a source that is another store: one bucket of it, or all that are not known otherwise.
type elsewhere struct {
	bucket string
	client *bucket.Client
}

// newStores opens the stores. A source at the deployment's own address, with its own key, is a name for what is there anyway.
func newStores(c config, sources []routes.Source) stores {
	s := stores{
		own:     bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey}),
		buckets: append([]string{c.IngestBucket, c.CacheBucket}, c.ReadBuckets...),
	}
	for _, source := range sources {
		if source.Kind == routes.SourceLocal {
			continue
		}
		client := s.own
		if source.Endpoint != c.Endpoint || source.AccessKey != c.AccessKey {
			client = bucket.Open(bucket.Config{Endpoint: source.Endpoint, Region: source.Region, AccessKey: source.AccessKey, SecretKey: source.SecretKey, Public: source.Public})
		}
		s.elsewhere = append(s.elsewhere, elsewhere{source.Bucket, client})
	}
	return s
}

// of is the store that a bucket is of.
func (s stores) of(name string) *bucket.Client {
	if e := s.source(name); e != nil {
		return e.client
	}
	return s.own
}

// source is the source that a bucket is of; a bucket of the own store is of none.
func (s stores) source(name string) *elsewhere {
	for i, e := range s.elsewhere {
		if e.bucket == name {
			return &s.elsewhere[i]
		}
	}
	if slices.Contains(s.buckets, name) {
		return nil
	}
	i := slices.IndexFunc(s.elsewhere, func(e elsewhere) bool { return e.bucket == "" })
	if i < 0 {
		return nil
	}
	return &s.elsewhere[i]
}

// foreign tells whether what lies in a bucket is in another store than the one that render reads.
func (s stores) foreign(name string) bool { return s.of(name) != s.own }

// mayRead refuses what a workspace may not read. Sources are the system's.
func (r *registrar) mayRead(workspace, name string) error {
	if workspace == scope.System && name != r.places.cache && r.objects.source(name) != nil {
		return nil
	}
	return r.places.mayRead(workspace, name)
}

// storeOf is the store that a bucket is of for a workspace: its own bucket is never another's.
func (r *registrar) storeOf(workspace, name string) *bucket.Client {
	if workspace != scope.System {
		return r.objects.own
	}
	return r.objects.of(name)
}

// folderOf is the folder of the local source, if there is one: what lies in it is seen where render sees it.
func folderOf(sources []routes.Source) string {
	for _, source := range sources {
		if source.Kind == routes.SourceLocal {
			return source.Folder
		}
	}
	return ""
}
