package dseo

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sort"
	"strings"
	"time"

	"perigee/shared/fault"
)

// An archive is a ZIP file (PKWARE's APPNOTE 6.3.10) whose members are stored as they are: rasters are compressed already.
// Where everything lies is known from the names and sizes; only the checksums, which stand behind each member and in the
// directory, need its bytes. So the archive can be read from anywhere.

const (
	entrySize    = 46
	descriptor32 = 16
	descriptor64 = 24
	end64Size    = 56
	largest32    = 1<<32 - 1
	largestCount = 1<<16 - 1
	flags        = 1<<3 | 1<<11 // checksums behind the members, names in UTF-8
	needs        = 20           // version 2.0
	needs64      = 45           // version 4.5
	made         = 3<<8 | needs64
	regularFile  = 0o100644 << 16
	zip64Extra   = 1
	chunk        = 1 << 20 // bytes that are read of a file at once
)

// archive is a product laid out.
type archive struct {
	limit   int64 // from which on numbers are wide: largest32
	members []member
	parts   []part
	size    int64
	modtime time.Time
}

// member is a file in an archive.
type member struct {
	File
	at   int64 // of its header
	wide bool  // its size does not fit into 32 bits
	far  bool  // nor does where it lies
}

// part is a piece of an archive: of its making, or the content of a file.
type part struct {
	at, size int64
	bytes    func(sums func(member int) (uint32, error)) ([]byte, error) // nil: the content of the member
	member   int
}

func newArchive(p Product, limit int64) *archive {
	a := &archive{limit: limit, modtime: p.Modified}
	for _, f := range p.Files {
		a.add(f)
	}
	a.finish()
	return a
}

func (a *archive) part(size int64, member int, bytes func(func(int) (uint32, error)) ([]byte, error)) {
	a.parts = append(a.parts, part{a.size, size, bytes, member})
	a.size += size
}

// add lays out a file: its header, its content, its checksum.
func (a *archive) add(f File) {
	i := len(a.members)
	m := member{f, a.size, f.Size >= a.limit, a.size >= a.limit}
	a.members = append(a.members, m)
	header := a.local(m)
	a.part(int64(len(header)), i, func(func(int) (uint32, error)) ([]byte, error) { return header, nil })
	a.part(f.Size, i, nil)
	size := int64(descriptor32)
	if m.wide {
		size = descriptor64
	}
	a.part(size, i, func(sums func(int) (uint32, error)) ([]byte, error) {
		sum, err := sums(i)
		return m.descriptor(sum), err
	})
}

// finish lays out the directory and the end. An archive that is larger than 32 bits can say says so by ZIP64.
func (a *archive) finish() {
	start, length := a.size, int64(0)
	for _, m := range a.members {
		length += int64(entrySize + len(m.Name) + len(m.extra()))
	}
	a.part(length, 0, func(sums func(int) (uint32, error)) ([]byte, error) {
		var all []byte
		for i, m := range a.members {
			sum, err := sums(i)
			if err != nil {
				return nil, err
			}
			all = append(all, a.entry(m, sum)...)
		}
		return all, nil
	})
	end := a.end(start, length)
	a.part(int64(len(end)), 0, func(func(int) (uint32, error)) ([]byte, error) { return end, nil })
}

// numbers writes numbers one behind the other, the lowest byte first, each as wide as its type.
func numbers(all ...any) []byte {
	var out []byte
	for _, v := range all {
		switch v := v.(type) {
		case uint16:
			out = binary.LittleEndian.AppendUint16(out, v)
		case uint32:
			out = binary.LittleEndian.AppendUint32(out, v)
		case uint64:
			out = binary.LittleEndian.AppendUint64(out, v)
		}
	}
	return out
}

func (m member) needs() uint16 {
	if m.wide || m.far {
		return needs64
	}
	return needs
}

// local is a local file header (clause 4.3.7), which leaves sizes and checksum to the descriptor.
func (a *archive) local(m member) []byte {
	date, clock := dosTime(a.modtime)
	var extra []byte
	if m.wide { // says that the descriptor is wide
		extra = numbers(uint16(zip64Extra), uint16(16), uint64(0), uint64(0))
	}
	low := uint32(0)
	if m.wide {
		low = largest32
	}
	out := numbers(uint32(0x04034b50), m.needs(), uint16(flags), uint16(0), clock, date, uint32(0), low, low, uint16(len(m.Name)), uint16(len(extra)))
	return append(append(out, m.Name...), extra...)
}

// descriptor is a data descriptor (clause 4.3.9).
func (m member) descriptor(sum uint32) []byte {
	if m.wide {
		return numbers(uint32(0x08074b50), sum, uint64(m.Size), uint64(m.Size))
	}
	return numbers(uint32(0x08074b50), sum, uint32(m.Size), uint32(m.Size))
}

// extra holds what does not fit into a header of the directory (clause 4.5.3).
func (m member) extra() []byte {
	var values []byte
	if m.wide {
		values = numbers(uint64(m.Size), uint64(m.Size))
	}
	if m.far {
		values = append(values, numbers(uint64(m.at))...)
	}
	if values == nil {
		return nil
	}
	return append(numbers(uint16(zip64Extra), uint16(len(values))), values...)
}

// entry is a header of the directory (clause 4.3.12).
func (a *archive) entry(m member, sum uint32) []byte {
	date, clock := dosTime(a.modtime)
	extra, size := m.extra(), a.clipped(m.Size)
	out := numbers(uint32(0x02014b50), uint16(made), m.needs(), uint16(flags), uint16(0), clock, date, sum, size, size,
		uint16(len(m.Name)), uint16(len(extra)), uint16(0), uint16(0), uint16(0), uint32(regularFile), a.clipped(m.at))
	return append(append(out, m.Name...), extra...)
}

// clipped is a number, or the word for one that stands in an extra field.
func (a *archive) clipped(n int64) uint32 {
	if n >= a.limit {
		return largest32
	}
	return uint32(n)
}

// end is the end of the directory (clauses 4.3.14 to 4.3.16).
func (a *archive) end(start, length int64) []byte {
	count, out := len(a.members), []byte(nil)
	if start >= a.limit || length >= a.limit || count >= largestCount {
		out = numbers(uint32(0x06064b50), uint64(end64Size-12), uint16(made), uint16(needs64), uint32(0), uint32(0), uint64(count), uint64(count), uint64(length), uint64(start))
		out = append(out, numbers(uint32(0x07064b50), uint32(0), uint64(start+length), uint32(1))...)
	}
	few := uint16(min(count, largestCount))
	return append(out, numbers(uint32(0x06054b50), uint16(0), uint16(0), few, few, a.clipped(length), a.clipped(start), uint16(0))...)
}

// dosTime is a time as archives have it: in two seconds, from 1980 on.
func dosTime(t time.Time) (date, clock uint16) {
	if t = t.UTC(); t.Year() < 1980 || t.Year() > 2107 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	date = uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9)
	clock = uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
	return date, clock
}

// reader reads an archive from anywhere (io.ReadSeeker).
type reader struct {
	ctx     context.Context
	archive *archive
	at      int64
	sums    []sum
	done    func([]sum) // takes the checksums of all files, once they are known
	buffer  []byte      // of a file or of a part, from
	from    int64
}

// sum is a checksum as far as it is known.
type sum struct {
	upto  int64
	value uint32
}

// reader reads an archive of whose files some checksums may be known.
func (a *archive) reader(ctx context.Context, known []sum, done func([]sum)) *reader {
	sums := make([]sum, len(a.members))
	copy(sums, known)
	return &reader{ctx: ctx, archive: a, sums: sums, done: done}
}

// Seek goes somewhere else.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	at := map[int]int64{io.SeekStart: 0, io.SeekCurrent: r.at, io.SeekEnd: r.archive.size}[whence] + offset
	if at < 0 {
		return 0, fault.New(fault.Invalid, "a place before the archive")
	}
	r.at = at
	return at, nil
}

// Read gives what lies here.
func (r *reader) Read(p []byte) (int, error) {
	if r.at >= r.archive.size {
		return 0, io.EOF
	}
	if r.at < r.from || r.at >= r.from+int64(len(r.buffer)) {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buffer[r.at-r.from:])
	r.at += int64(n)
	return n, nil
}

// fill reads on from here: a part, or a piece of a file.
func (r *reader) fill() error {
	parts := r.archive.parts
	one := parts[sort.Search(len(parts), func(i int) bool { return parts[i].at+parts[i].size > r.at })]
	if one.bytes != nil {
		bytes, err := one.bytes(r.sumOf)
		if err == nil && one.at+one.size == r.archive.size {
			r.done(r.sums)
		}
		if err == nil && int64(len(bytes)) != one.size {
			err = fault.New(fault.Internal, "a part of an archive has %d bytes, not %d", len(bytes), one.size)
		}
		r.buffer, r.from = bytes, one.at
		return err
	}
	offset := r.at - one.at
	bytes, err := r.content(one.member, offset)
	r.buffer, r.from = bytes, r.at
	return err
}

// content reads a piece of a file, and adds it to the checksum where that has come so far.
func (r *reader) content(i int, offset int64) ([]byte, error) {
	m := r.archive.members[i]
	n := min(chunk, m.Size-offset)
	bytes, err := m.Content.ReadRange(r.ctx, offset, n)
	if err != nil {
		return nil, err
	}
	if int64(len(bytes)) != n {
		return nil, fault.New(fault.Unavailable, "%d bytes of %s came where %d lie", len(bytes), m.Name, n)
	}
	if s := &r.sums[i]; s.upto >= offset && s.upto < offset+n {
		s.value = crc32.Update(s.value, crc32.IEEETable, bytes[s.upto-offset:])
		s.upto = offset + n
	}
	return bytes, nil
}

// sumOf is the checksum of a file, for which the rest of it is read.
func (r *reader) sumOf(i int) (uint32, error) {
	for r.sums[i].upto < r.archive.members[i].Size {
		if _, err := r.content(i, r.sums[i].upto); err != nil {
			return 0, err
		}
	}
	return r.sums[i].value, nil
}

// safe is a name that is one step of a path and nothing else: what unpacks the archive stays where it is.
func safe(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, " ")
	if len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "")
	}
	if name == "" || strings.Trim(name, ".") == "" {
		return "_"
	}
	return name
}

// Path is a name within an archive, of steps that are made safe.
func Path(steps ...string) string {
	for i := range steps {
		steps[i] = safe(steps[i])
	}
	return strings.Join(steps, "/")
}
