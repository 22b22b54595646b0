package raster

import (
	"path"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// An href may name a part of an object: a file in an archive, after "!/", and a variable of a file that holds several,
// after "#".
//
//	s3://bucket/product.zip!/IMG_DATA/B04.jp2
//	s3://bucket/temperature.nc#sst
//	s3://bucket/cube.zarr#reflectance
type target struct {
	object   string // the object, or the folder of a Zarr
	within   string // the path in the archive
	variable string
}

// The endings of names by which containers are known.
var (
	archives  = map[string]string{".zip": "/vsizip/", ".tar": "/vsitar/"}
	variables = map[string]string{".nc": "NETCDF", ".nc4": "NETCDF", ".cdf": "NETCDF", ".h5": "HDF5", ".hdf5": "HDF5", ".he5": "HDF5", zarr: "ZARR"}
)

const zarr = ".zarr"

// targetOf takes an href apart.
func targetOf(href string) target {
	t := target{object: href}
	if before, after, ok := strings.Cut(href, "!/"); ok && archives[extension(before)] != "" {
		t.object, t.within = before, after
	}
	last := t.object
	if t.within != "" {
		last = t.within
	}
	if before, after, ok := strings.Cut(last, "#"); ok && variables[extension(before)] != "" {
		t.variable = after
		if t.within != "" {
			t.within = before
		} else {
			t.object = before
		}
	}
	return t
}

func extension(name string) string { return strings.ToLower(path.Ext(name)) }

// tree tells whether the target is a folder of objects.
func (t target) tree() bool { return t.within == "" && extension(t.object) == zarr }

// check refuses names that lead elsewhere.
func (t target) check() error {
	if t.within != "" && (!cleanPath(t.within) || len(t.within) > 1024 || strings.ContainsAny(t.within, "{}\"\x00\\")) {
		return fault.At(fault.Invalid, "href", "%q is not the path of a file in an archive", t.within)
	}
	if archives[extension(t.within)] != "" || extension(t.within) == zarr {
		return fault.At(fault.Unsupported, "href", "an archive in an archive, %q, is not read", t.within)
	}
	if strings.ContainsAny(t.variable, "\":\x00\\") || len(t.variable) > 1024 || strings.Contains(t.variable, "..") {
		return fault.At(fault.Invalid, "href", "%q is not the name of a variable", t.variable)
	}
	return nil
}

// cleanPath tells whether a path goes straight down.
func cleanPath(p string) bool {
	return p == path.Clean(p) && !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../")
}

// name is what GDAL opens, where the object is read by a name.
func (t target) name(object string) string {
	name := object
	if t.within != "" {
		name = archives[extension(t.object)] + "{" + object + "}/" + t.within
	}
	switch {
	case variables[extension(t.last())] == "ZARR":
		return `ZARR:"` + name + `"` + t.prefixed(":/")
	case t.variable == "":
		return name
	}
	return `HDF5:"` + name + `"` + t.prefixed("://") // NetCDF too, which that driver reads
}

func (t target) prefixed(with string) string {
	if t.variable == "" {
		return ""
	}
	return with + strings.TrimPrefix(t.variable, "/")
}

// last is the name that tells the format.
func (t target) last() string {
	if t.within != "" {
		return t.within
	}
	return t.object
}

// drivers are GDAL's that may open the target: each format is known by its ending, all that have none of the others'
// are TIFF or JPEG 2000. None of them follows references to other files, as VRT does.
func (t target) drivers() []string {
	switch variables[extension(t.last())] {
	case "NETCDF", "HDF5": // NetCDF 4 is HDF5; it has no place there
		return available("HDF5", "HDF5Image")
	case "ZARR":
		return available("Zarr")
	}
	return available("GTiff", "JP2OpenJPEG")
}

func available(names ...string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(registered(), n) })
}
