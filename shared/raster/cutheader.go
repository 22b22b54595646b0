package raster

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// header lets GDAL write the file without its samples.
func (p *Piece) header(ctx context.Context, s arrangement) (_ []byte, err error) {
	h, err := p.file.take(ctx)
	if err != nil {
		return nil, err
	}
	defer p.file.give(h)
	if h.file.seen.Load() == nil {
		return nil, h.unreadable(new(messages))
	}
	options := []string{"SPARSE_OK=TRUE", "BIGTIFF=NO", fmt.Sprintf("BLOCKYSIZE=%d", s.blockHeight)}
	if s.tiled() {
		options = append(options, "TILED=YES", fmt.Sprintf("BLOCKXSIZE=%d", s.blockWidth))
	}
	if s.planar {
		options = append(options, "INTERLEAVE=BAND")
	}
	var m messages
	quiet := godal.ErrLogger(m.handle)
	name := temporary("tif")
	defer godal.VSIUnlink(name, godal.ErrLogger(new(messages).handle))
	ds, err := godal.Create(godal.GTiff, name, s.bands, h.bands[p.bands[0]-1].Structure().DataType, s.width, s.height, godal.CreationOption(options...), quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	if err := errorsOf(p.describe(h, ds), ds.Close(quiet)); err != nil {
		return nil, failed(&m, err)
	}
	return wholeFile(name)
}

// describe tells a new file all that is known of the samples.
func (p *Piece) describe(h *handle, ds *godal.Dataset) error {
	sr, err := systemOf(p.Grid).ref()
	if err != nil {
		return err
	}
	defer sr.Close()
	if err := errorsOf(ds.SetSpatialRef(sr), ds.SetGeoTransform(p.Grid.Transform)); err != nil {
		return err
	}
	if value := h.ds.Metadata("AREA_OR_POINT"); value != "" {
		if err := ds.SetMetadata("AREA_OR_POINT", value); err != nil {
			return err
		}
	}
	for i, band := range ds.Bands() {
		if err := p.describeBand(h.bands[p.bands[i]-1], band); err != nil {
			return err
		}
	}
	return nil
}

func (p *Piece) describeBand(from, to godal.Band) error {
	nodata, known := from.NoData()
	if registered := p.nodata(); registered != nil && !known {
		nodata, known = *registered, true
	}
	var err error
	if known {
		err = to.SetNoData(nodata)
	}
	if s := from.Structure(); s.Scale != 1 || s.Offset != 0 {
		err = errorsOf(err, to.SetScaleOffset(s.Scale, s.Offset))
	}
	if from.ColorInterp() == godal.CIPalette {
		err = errorsOf(err, to.SetColorTable(from.ColorTable()))
	}
	if text := from.Description(); text != "" {
		err = errorsOf(err, to.SetDescription(text))
	}
	return err
}

// The tags of a TIFF (revision 6.0, sections 8 and 15) that say where strips or tiles lie.
const (
	tagStripOffsets, tagStripCounts = 273, 279

	typeLong   = 4
	entryBytes = 12
)

// withPlaces adds the places and lengths of strips or tiles to a header, behind which they will stand one after the other.
func withPlaces(header []byte, s arrangement) ([]byte, error) {
	if len(header) < 8 || string(header[:2]) != "II" {
		return nil, fault.New(fault.Internal, "a header of %d bytes, which is no little-endian TIFF", len(header))
	}
	planes, _ := s.planes()
	n := planes * s.across() * s.down()
	header = append(header, make([]byte, len(header)%2)...)
	offsetsAt := len(header)
	countsAt := offsetsAt + 4*n
	at := uint32(countsAt + 4*n)
	var offsets, counts []byte
	for range planes {
		for row := range s.down() {
			for range s.across() {
				offsets, counts = binary.LittleEndian.AppendUint32(offsets, at), binary.LittleEndian.AppendUint32(counts, uint32(s.block(row)))
				at += uint32(s.block(row))
			}
		}
	}
	directory := int(binary.LittleEndian.Uint32(header[4:]))
	if directory+2 > len(header) {
		return nil, fault.New(fault.Internal, "a header without a directory")
	}
	entries := header[directory+2:]
	for range binary.LittleEndian.Uint16(header[directory:]) {
		switch tag := binary.LittleEndian.Uint16(entries); tag {
		case tagStripOffsets, tagTileOffsets:
			putPlaces(entries, n, offsets, offsetsAt)
		case tagStripCounts, tagTileSizes:
			putPlaces(entries, n, counts, countsAt)
		}
		entries = entries[entryBytes:]
	}
	return append(append(header, offsets...), counts...), nil
}

// putPlaces makes an entry of a directory hold numbers, or say where they lie.
func putPlaces(entry []byte, n int, numbers []byte, at int) {
	binary.LittleEndian.PutUint16(entry[2:], typeLong)
	binary.LittleEndian.PutUint32(entry[4:], uint32(n))
	if n == 1 {
		copy(entry[8:], numbers)
		return
	}
	binary.LittleEndian.PutUint32(entry[8:], uint32(at))
}
