package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/fault"
)

// Report counts the events that a comparison had to make.
type Report struct {
	Created int
	Removed int
}

// Compare lists all buckets and tells what was not told. A bucket that cannot be listed is left as it is: it is not an
// emptied one. It waits for notifications that may be on their way before it takes them for lost.
func (r *Receiver) Compare(ctx context.Context) (Report, error) {
	r.comparing.Lock()
	defer r.comparing.Unlock()
	var report Report
	names, err := r.cfg.Buckets(ctx)
	if err != nil {
		return report, fmt.Errorf("the buckets: %w", err)
	}
	var failures []error
	var differences []difference
	for _, name := range r.toCompare(names) {
		some, err := r.differences(ctx, name, slices.Contains(names, name))
		differences, failures = append(differences, some...), append(failures, err)
	}
	if len(differences) > 0 {
		failures = append(failures, r.tell(ctx, differences, &report))
	}
	return report, errors.Join(append(failures, r.told.tidy())...)
}

// toCompare are the buckets that there are or were, without the excluded ones.
func (r *Receiver) toCompare(names []string) []string {
	all := slices.Concat(names, r.told.buckets())
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), r.excluded)
}

// difference is an object that is not as it was told.
type difference struct {
	object  bucket.Object
	removed bool
	before  entry // what was told before the listing, zero when nothing
}

// differences lists one bucket, removals last.
func (r *Receiver) differences(ctx context.Context, name string, exists bool) ([]difference, error) {
	before := r.told.of(name)
	missing := maps.Clone(before)
	var all []difference
	for object, err := range r.cfg.Objects.List(ctx, name, "") {
		if err != nil && !exists && fault.KindOf(err) == fault.NotFound {
			break // the bucket is gone, and its objects with it
		}
		if err != nil {
			return nil, fmt.Errorf("the bucket %s: %w", name, err)
		}
		was, known := before[object.Key]
		delete(missing, object.Key)
		switch {
		case !known, was.etag != "" && was.etag != object.ETag:
			object.Bucket = name
			all = append(all, difference{object: object, before: was})
		case was.etag == "" && object.ETag != "": // told without a tag: from now on it is known
			if err := r.told.amend(name, object.Key, was, object.ETag); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(all, func(a, b difference) int {
		return cmp.Or(a.object.Modified.Compare(b.object.Modified), cmp.Compare(a.object.Key, b.object.Key))
	})
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		gone := bucket.Object{Bucket: name, Key: key, ETag: missing[key].etag}
		all = append(all, difference{object: gone, removed: true, before: missing[key]})
	}
	return all, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tell waits a while, then makes the events of those differences of which no notification has come.
func (r *Receiver) tell(ctx context.Context, all []difference, report *Report) error {
	if err := wait(ctx, r.cfg.Grace); err != nil {
		return err
	}
	for _, d := range all {
		if now, _ := r.told.get(d.object.Bucket, d.object.Key); now != d.before {
			continue
		}
		if err := r.tellOne(ctx, d); err != nil {
			return err
		}
		if d.removed {
			report.Removed++
		} else {
			report.Created++
		}
	}
	return nil
}

func (r *Receiver) tellOne(ctx context.Context, d difference) error {
	name, at := "ObjectCreated:Put", d.object.Modified
	if d.removed {
		name, at = "ObjectRemoved:Delete", time.Now()
	}
	e, err := found(name, r.cfg.Region, d.object, at)
	if err == nil {
		err = r.cfg.Publish(ctx, e)
	}
	if err != nil && fault.KindOf(err) == fault.Invalid {
		r.log.Warn("an object cannot be told of", "bucket", d.object.Bucket, "key", d.object.Key, "error", err)
	} else if err != nil {
		return fmt.Errorf("telling of %s: %w", bucket.Href(d.object.Bucket, d.object.Key), err)
	}
	if d.removed {
		return r.told.drop(d.object.Bucket, d.object.Key)
	}
	return r.told.put(d.object.Bucket, d.object.Key, d.object.ETag)
}
