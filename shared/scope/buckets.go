package scope

import (
	"slices"

	"perigee/shared/fault"
)

// Buckets says which buckets of the object store belong to whom: Ingest and Shared to the system, any other to the
// workspace of its name, Cache to nobody.
type Buckets struct {
	Ingest string
	Cache  string
	Shared []string // further buckets that the system's items may refer to
}

// MayRead is nil when items of the workspace may refer to what lies in the bucket. Those who register items choose the
// references, so that nothing else may be read on behalf of an item.
func (b Buckets) MayRead(workspace, bucket string) error {
	system := bucket == b.Ingest || slices.Contains(b.Shared, bucket)
	switch {
	case bucket == "" || bucket == b.Cache:
	case workspace == System && system:
		return nil
	case workspace != System && bucket == workspace && !system:
		return nil
	}
	if workspace == System {
		return fault.New(fault.Forbidden, "the bucket %q is not one that the system reads", bucket)
	}
	return fault.New(fault.Forbidden, "the bucket %q does not belong to the workspace %q", bucket, workspace)
}
