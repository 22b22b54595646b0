package raster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// Encoding is the format of a cut. All but the type is about GeoTIFF.
type Encoding struct {
	Type        string // media type
	Compression string // by GDAL's name: DEFLATE, LZW, PACKBITS, JPEG; empty: none
	Quality     int    // of JPEG, 1 to 100; 0: as GDAL has it
	Predictor   int    // 2: differences, 3: of floating point numbers; 0: none
	ByBand      bool   // one band stands behind the other, not one sample
	Tile        [2]int // width and height; zero: strips
}

// coverageDriver is how GDAL writes a format.
type coverageDriver struct {
	driver    string
	extension string
	types     []string // of samples; none: all
	bands     []int    // numbers of them; none: all
	options   []string
}

// coverageDrivers are the formats of cuts. netCDF is not one of them: its driver must not be there when files of strangers are
// opened (prepareGDAL).
var coverageDrivers = map[string]coverageDriver{
	GeoTIFF:      {driver: "GTiff", extension: "tif"},
	"image/png":  {driver: "PNG", extension: "png", types: []string{"Byte", "UInt16"}, bands: []int{1, 2, 3, 4}},
	"image/jpeg": {driver: "JPEG", extension: "jpg", types: []string{"Byte"}, bands: []int{1, 3}},
	"image/jp2":  {driver: "JP2OpenJPEG", extension: "jp2", types: []string{"Byte", "Int16", "UInt16", "Int32", "UInt32"}, options: []string{"QUALITY=100", "REVERSIBLE=YES"}},
}

// CoverageFormats lists the formats of cuts by media type, GeoTIFF first.
func CoverageFormats() []string {
	formats := []string{GeoTIFF, "image/png", "image/jpeg"}
	if slices.Contains(registered(), "JP2OpenJPEG") {
		formats = append(formats, "image/jp2")
	}
	return formats
}

// Extension is the end of the names of files of a format.
func Extension(format string) string { return coverageDrivers[format].extension }

func (e Encoding) check() error {
	if !slices.Contains(CoverageFormats(), e.Type) {
		return fault.At(fault.Invalid, "format", "coverages are not written as %q here, only as %s", e.Type, strings.Join(CoverageFormats(), ", "))
	}
	return nil
}

// temporary is the name of a file in memory.
func temporary(extension string) string {
	return fmt.Sprintf("/vsimem/cut-%d.%s", written.Add(1), extension)
}

// wholeFile reads a file that GDAL wrote in memory.
func wholeFile(name string) ([]byte, error) {
	var m messages
	file, err := godal.VSIOpen(name, godal.ErrLogger(m.handle))
	if err != nil {
		return nil, failed(&m, err)
	}
	defer file.Close()
	return io.ReadAll(file)
}

// write lets GDAL make the file of a piece in memory.
func (p *Piece) write(ctx context.Context) (Content, error) {
	d := coverageDrivers[p.Type]
	if err := d.takes(p); err != nil {
		return nil, err
	}
	if err := registerWriters(); err != nil {
		return nil, err
	}
	h, err := p.file.take(ctx)
	if err != nil {
		return nil, err
	}
	need := min(2*int64(p.Grid.Width)*int64(p.Grid.Height)*int64(len(p.bands))*bytesPerSample(p.Grid.DataType), decodeBytes)
	if err := p.file.store.decodes.Acquire(ctx, need); err != nil {
		p.file.give(h)
		return nil, cancelled(ctx)
	}
	body, err := within(ctx, func() ([]byte, error) {
		body, err := p.written(h, d)
		p.file.store.decodes.Release(need)
		if err != nil && (fault.KindOf(err) == fault.Internal || ctx.Err() != nil) {
			h.close()
			return nil, err
		}
		p.file.give(h)
		return body, err
	}, func([]byte) {})
	if err != nil {
		return nil, err
	}
	return held{bytes.NewReader(body)}, nil
}

// registerWriters registers the drivers that only write here: of the files of strangers, only named drivers read.
func registerWriters() error {
	return errorsOf(prepareGDAL(), godal.RegisterRaster(godal.Memory, "PNG", "JPEG"))
}

// takes is a failure for samples that a format does not hold.
func (d coverageDriver) takes(p *Piece) error {
	if dataType := p.Grid.DataType; len(d.types) > 0 && !slices.Contains(d.types, dataType) {
		return fault.At(fault.Invalid, "format", "%s holds samples of the types %s, and those of this coverage are %s", p.Type, strings.Join(d.types, ", "), dataType)
	}
	if len(d.bands) > 0 && !slices.Contains(d.bands, len(p.bands)) {
		return fault.At(fault.Invalid, "format", "%s holds %s bands, not %d; choose some by the range subset", p.Type, strings.Trim(fmt.Sprint(d.bands), "[]"), len(p.bands))
	}
	return nil
}

// written is the bytes of the file: of the window, or of what it is warped to.
func (p *Piece) written(h *handle, d coverageDriver) (_ []byte, err error) {
	defer recovered(&err)
	from, switches := h.ds, p.windowSwitches()
	if s := from.Structure(); p.plan.window.x+p.plan.window.width > s.SizeX || p.plan.window.y+p.plan.window.height > s.SizeY {
		return nil, fault.New(fault.Unavailable, "%s is %d x %d pixels, fewer than registered: %w", h.file.href, s.SizeX, s.SizeY, errReplaced)
	}
	var m messages
	quiet := godal.ErrLogger(m.handle)
	if p.plan.warped {
		warp, err := p.warpSwitches(h)
		if err != nil {
			return nil, err
		}
		warped, err := from.Warp("", warp, quiet)
		if err != nil {
			return nil, errorsOf(h.failure(), failed(&m, err))
		}
		defer warped.Close(quiet)
		from, switches = warped, nil
	}
	name := temporary(d.extension)
	defer godal.VSIUnlink(name, godal.ErrLogger(new(messages).handle))
	out, err := from.Translate(name, append(switches, p.formatSwitches(h, d)...), quiet)
	if err != nil {
		return nil, errorsOf(h.failure(), failed(&m, err))
	}
	if err := out.Close(quiet); err != nil {
		return nil, errorsOf(h.failure(), failed(&m, err))
	}
	if err := h.failure(); err != nil {
		return nil, err
	}
	return wholeFile(name)
}

// windowSwitches are those of gdal_translate for the window and its size.
func (p *Piece) windowSwitches() []string {
	w, whole := p.plan.window, strconv.Itoa
	switches := []string{"-srcwin", whole(w.x), whole(w.y), whole(w.width), whole(w.height)}
	if p.plan.scaled {
		switches = append(switches, "-outsize", whole(p.Grid.Width), whole(p.Grid.Height), "-r", cutResamplings[p.cut.Resampling])
	}
	return switches
}

// warpSwitches are those of gdalwarp.
func (p *Piece) warpSwitches(h *handle) ([]string, error) {
	g := p.Grid
	b := g.Bounds()
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 17, 64) }
	switches := []string{"-of", "MEM", "-t_srs", "EPSG:" + strconv.Itoa(g.CRS.EPSG()), "-te", number(b.Min[0]), number(b.Min[1]), number(b.Max[0]), number(b.Max[1]),
		"-ts", strconv.Itoa(g.Width), strconv.Itoa(g.Height), "-r", cutResamplings[p.cut.Resampling], "-wm", "32"}
	if source := p.cut.Coverage.Grid; source.Bend == nil {
		sr, err := systemOf(source).ref()
		if err != nil {
			return nil, err
		}
		defer sr.Close()
		wkt, err := sr.WKT()
		if err != nil {
			return nil, err
		}
		switches = append(switches, "-s_srs", wkt)
	}
	if _, known := h.bands[p.bands[0]-1].NoData(); !known && p.nodata() != nil {
		switches = append(switches, "-srcnodata", number(*p.nodata()), "-dstnodata", number(*p.nodata()))
	}
	return switches, nil
}

// formatSwitches are those of gdal_translate for the bands and the format.
func (p *Piece) formatSwitches(h *handle, d coverageDriver) []string {
	switches := []string{"-of", d.driver}
	for _, band := range p.bands {
		switches = append(switches, "-b", strconv.Itoa(band))
	}
	if _, known := h.bands[p.bands[0]-1].NoData(); !known && p.nodata() != nil && !p.plan.warped {
		switches = append(switches, "-a_nodata", strconv.FormatFloat(*p.nodata(), 'g', 17, 64))
	}
	for _, option := range slices.Concat(d.options, p.cut.Encoding.options(p.Type)) {
		switches = append(switches, "-co", option)
	}
	return switches
}

// options are those of GDAL's driver of GeoTIFF.
func (e Encoding) options(format string) []string {
	if format != GeoTIFF {
		return nil
	}
	var options []string
	if e.Compression != "" {
		options = append(options, "COMPRESS="+e.Compression)
	}
	if e.Predictor > 0 {
		options = append(options, "PREDICTOR="+strconv.Itoa(e.Predictor))
	}
	if e.Quality > 0 {
		options = append(options, "JPEG_QUALITY="+strconv.Itoa(e.Quality))
	}
	if e.ByBand {
		options = append(options, "INTERLEAVE=BAND")
	}
	if e.Tile != [2]int{} {
		options = append(options, "TILED=YES", fmt.Sprintf("BLOCKXSIZE=%d", e.Tile[0]), fmt.Sprintf("BLOCKYSIZE=%d", e.Tile[1]))
	}
	return options
}
