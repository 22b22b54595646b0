package raster

import (
	"context"
	"path"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// sidecar is a file that GDAL knows to belong to another by its name: FILE.msk says which pixels are valid, FILE.ovr
// holds overviews.
type sidecar struct {
	suffix string
	version
	size int64
}

// sidecarsFor are the suffixes of sidecars that an open file could have. What brings overviews and says itself where it
// has data is not asked for: nearly all files do.
func (h *handle) sidecarsFor() []string {
	if h.ds.Metadata("LAYOUT", godal.Domain("IMAGE_STRUCTURE")) == "COG" || len(h.bands) == 0 || targetOf(h.file.href) != (target{object: h.file.href}) || variables[extension(h.file.href)] != "" {
		return nil
	}
	var all []string
	b := h.bands[0]
	if _, ok := b.NoData(); !ok && b.MaskFlags()&maskPerDataset == 0 {
		all = append(all, ".msk")
	}
	if s := b.Structure(); max(s.SizeX, s.SizeY) > 2*minUnit && len(b.Overviews()) == 0 {
		all = append(all, ".ovr")
	}
	return all
}

// beside looks for sidecars.
func (f *file) beside(ctx context.Context, suffixes []string) ([]sidecar, error) {
	var all []sidecar
	for _, suffix := range suffixes {
		href := f.href + suffix
		size, etag, err := f.store.size(ctx, href)
		switch kind := fault.KindOf(err); {
		case err == nil && size > 0:
			all = append(all, sidecar{suffix, version{href, etag}, size})
		case err != nil && !kind.Permanent():
			return nil, err
		}
	}
	return all, nil
}

// accompany puts the streams of sidecars beside that of a file.
func (h *handle) accompany(ctx context.Context, sidecars []sidecar) error {
	for _, s := range sidecars {
		st := &stream{store: h.file.store, version: s.version, ctx: ctx, size: s.size}
		if h.file.onDisk() {
			disk, info, err := h.file.store.openLocal(s.href)
			if err != nil {
				return err
			}
			st.disk, st.size = disk, info.Size()
		}
		opened.put(st, h.stream.name+s.suffix)
		h.besides = append(h.besides, st)
	}
	return nil
}

// siblings are the names of a file and its sidecars, as GDAL asks for them.
func (h *handle) siblings() []string {
	all := []string{path.Base(h.stream.name)}
	for _, st := range h.besides {
		all = append(all, path.Base(st.name))
	}
	return all
}
