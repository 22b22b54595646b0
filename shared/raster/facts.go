package raster

import (
	"strconv"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// facts are what an open file tells about itself.
type facts struct {
	width, height, bands    int
	dataType                string
	blockWidth, blockHeight int
	blockBytes              int64 // that are decoded at once
	overviews               []geo.Size
	masked                  bool // a mask says which pixels are valid
	palette                 [][4]uint8
	alpha                   int // the band of opacity, counted from 1; 0: none
	nodata                  []*float64
	scale, offset           []float64 // by band; a scale of 0: none
	transform               [6]float64
	bend                    *geo.Bend
	crs                     geo.CRS
	wkt                     string // the system, where it has no code
	tiff                    *tiff  // where the tiles lie that are decoded here; nil: GDAL decodes all
}

// The bounds of a file that is opened at all: what a header may claim.
const (
	maxSide       = 4 << 20   // pixels
	maxBands      = 1000      //
	maxBlockBytes = 128 << 20 // of a decoded block
	// In files so large that a read of GDAL could exceed what its binding can pass on, blocks have to be smaller:
	// libtiff reads at most ten times the size of a decoded block.
	largeFile          = 256 << 20
	maxLargeBlockBytes = 24 << 20
)

// maskPerDataset is the flag of a mask that all bands share (GDAL, GDALGetMaskFlags).
const maskPerDataset = 2

// learn asks a handle for the facts and refuses what cannot be worked with.
func learn(h *handle) (*facts, error) {
	if n := len(h.bands); n == 0 || n > maxBands {
		return nil, fault.New(fault.Invalid, "%s has %d bands; 1 to %d can be drawn", h.file.href, n, maxBands)
	}
	s := h.bands[0].Structure()
	block, err := acceptable(h, s)
	if err != nil {
		return nil, err
	}
	f := &facts{blockBytes: block, width: s.SizeX, height: s.SizeY, bands: len(h.bands), dataType: s.DataType.String(), blockWidth: s.BlockSizeX, blockHeight: s.BlockSizeY}
	for _, o := range h.bands[0].Overviews() {
		size := o.Structure()
		f.overviews = append(f.overviews, geo.Size{Width: size.SizeX, Height: size.SizeY})
	}
	for i, b := range h.bands {
		if b.ColorInterp() == godal.CIAlpha {
			f.alpha = i + 1
		}
		var nodata *float64
		if v, ok := b.NoData(); ok {
			nodata = &v
		}
		f.nodata = append(f.nodata, nodata)
		s := b.Structure()
		if s.Scale == 1 && s.Offset == 0 {
			s.Scale = 0
		}
		f.scale, f.offset = append(f.scale, s.Scale), append(f.offset, s.Offset)
	}
	f.masked = h.bands[0].MaskFlags()&maskPerDataset != 0
	f.palette = paletteOf(h.bands)
	if f.georeference(h.ds); f.crs == 0 || f.transform == [6]float64{} {
		f.pins(h.ds)
	}
	return f, f.tiles(h)
}

// tiles looks whether the tiles of a file can be decoded without GDAL.
func (f *facts) tiles(h *handle) error {
	if targetOf(h.file.href) != (target{object: h.file.href}) || variables[extension(h.file.href)] != "" {
		return nil
	}
	t, err := readTIFF(h.stream)
	if err != nil {
		return h.stream.note(err)
	}
	if t != nil && t.agrees(f) {
		f.tiff = t
	}
	return nil
}

// acceptable refuses sizes that no honest file has, before anything of that size is made, and gives that of a block.
func acceptable(h *handle, s godal.BandStructure) (block int64, err error) {
	href := h.file.href
	if s.SizeX > maxSide || s.SizeY > maxSide {
		return 0, fault.New(fault.Invalid, "%s says it is %d x %d pixels; a side has at most %d here", href, s.SizeX, s.SizeY, maxSide)
	}
	block = int64(s.BlockSizeX) * int64(s.BlockSizeY) * int64(s.DataType.Size())
	if h.ds.Metadata("INTERLEAVE", godal.Domain("IMAGE_STRUCTURE")) == "PIXEL" {
		block *= int64(len(h.bands))
	}
	if limit := blockLimit(h.stream.size); block > limit {
		return 0, fault.New(fault.Invalid, "%s has blocks of %d x %d pixels that take %d MiB each; at most %d MiB can be read", href, s.BlockSizeX, s.BlockSizeY, block>>20, limit>>20)
	}
	return block, nil
}

func blockLimit(size int64) int64 {
	if size > largeFile {
		return maxLargeBlockBytes
	}
	return maxBlockBytes
}

// paletteOf gives the colours of a single band of indices.
func paletteOf(bands []godal.Band) [][4]uint8 {
	if len(bands) != 1 || bands[0].ColorInterp() != godal.CIPalette {
		return nil
	}
	var colours [][4]uint8
	for _, e := range bands[0].ColorTable().Entries {
		colours = append(colours, [4]uint8{uint8(e[0]), uint8(e[1]), uint8(e[2]), uint8(e[3])})
	}
	return colours
}

// maxPins is how many ground control points of a file are looked at.
const maxPins = 10000

// pins reads where the grid lies from ground control points.
func (f *facts) pins(ds *godal.Dataset) {
	var points []geo.ControlPoint
	for _, p := range ds.GCPs() {
		if len(points) == maxPins {
			break
		}
		points = append(points, geo.ControlPoint{Col: p.DfGCPPixel, Row: p.DfGCPLine, X: p.DfGCPX, Y: p.DfGCPY})
	}
	bend, transform, ok := geo.BendOf(points)
	if !ok {
		return
	}
	wkt := ds.GCPProjection()
	if wkt == "" {
		return
	}
	sr, err := godal.NewSpatialRefFromWKT(wkt, godal.ErrLogger(new(messages).handle))
	if err != nil {
		return
	}
	defer sr.Close()
	if crs := codeOf(sr); crs != 0 {
		f.bend, f.transform, f.crs = &bend, transform, crs
	}
}

// georeference reads where the grid lies; the CRS stays 0 when the file has no georeference.
func (f *facts) georeference(ds *godal.Dataset) {
	quiet := godal.ErrLogger(new(messages).handle)
	transform, err := ds.GeoTransform(quiet)
	if err != nil {
		return
	}
	f.transform = transform
	sr := ds.SpatialRef()
	if sr == nil {
		return
	}
	defer sr.Close()
	if f.crs = codeOf(sr); f.crs != 0 {
		return
	}
	if wkt, err := sr.WKT(quiet); err == nil && onEarth(wkt) {
		f.crs, f.wkt = geo.Unnamed, wkt
	}
}

// maxWKT is the length of a well-known text that is kept.
const maxWKT = 8 << 10

// onEarth tells whether PROJ knows how to get from a system to longitude and latitude.
func onEarth(wkt string) bool {
	if wkt == "" || len(wkt) > maxWKT {
		return false
	}
	p, err := newProj([2]system{{geo.Unnamed, wkt}, coded(geo.CRS84)})
	if err != nil {
		return false
	}
	p.transform.Close()
	return true
}

// codeOf is the EPSG code of a system, 0 if it has none.
func codeOf(sr *godal.SpatialRef) geo.CRS {
	if code, err := strconv.Atoi(sr.AuthorityCode("")); err == nil && sr.AuthorityName("") == "EPSG" {
		return geo.CRS(code)
	}
	if sr.AutoIdentifyEPSG() == nil {
		if code, err := strconv.Atoi(sr.AuthorityCode("")); err == nil {
			return geo.CRS(code)
		}
	}
	return 0
}
