package raster

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

// guarded is memory behind which there is none, whatever reads or writes beyond it ends the program; and what gives it back.
func guarded(t testing.TB, n int) (memory []byte, free func()) {
	t.Helper()
	side := os.Getpagesize()
	end := (n + side - 1) / side * side
	pages, err := syscall.Mmap(-1, 0, end+side, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err == nil {
		err = syscall.Mprotect(pages[end:], syscall.PROT_NONE)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages[end-n : end : end], func() { _ = syscall.Munmap(pages) }
}

// inflated decodes streams, as many as two, that give n bytes each.
func inflated(t testing.TB, n int, streams ...[]byte) (got [sideBySide][]byte) {
	t.Helper()
	var packed [][]byte
	var plain [sideBySide][]byte
	for i, s := range streams {
		in, free := guarded(t, len(s))
		defer free()
		copy(in, s)
		out, free := guarded(t, n)
		defer free()
		packed, plain[i] = append(packed, in), out
	}
	for i, p := range inflate(packed, plain) {
		got[i] = bytes.Clone(p)
	}
	return got
}

// deflated compresses bytes: at a level of package flate, HuffmanOnly among them.
func deflated(t testing.TB, plain []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// content is bytes of several kinds that do not compress to a third, so that they are decoded here.
func content(kind string, n int) []byte {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		switch kind {
		case "noise":
			b[i] = uint8(random.Uint32())
		case "differences": // of samples of two bytes
			if v := int16(random.NormFloat64() * 30); i%2 == 1 {
				binary.LittleEndian.PutUint16(b[i-1:], uint16(v))
			}
		case "small differences":
			b[i] = uint8(int8(random.NormFloat64() * 2))
		case "repetitions": // of all lengths from all distances
			if at := i - 1 - random.IntN(max(i, 1)); i > 0 && i%7 != 0 {
				length := min(1+random.IntN(300), n-i)
				for k := range length {
					b[i+k] = b[at+k]
				}
			} else {
				b[i] = uint8(random.Uint32())
			}
		case "runs among noise":
			if b[i] = uint8(random.Uint32()); i/500%3 == 1 {
				b[i] = 7
			}
		}
	}
	return b
}

var contents = []string{"noise", "differences", "small differences", "repetitions", "runs among noise"}

func TestInflateAgreesWithZlib(t *testing.T) {
	for _, kind := range contents {
		for _, n := range []int{1, 2, 31, 32, 33, 300, 5000, 70000, 300000} {
			for _, level := range []int{flate.NoCompression, flate.BestSpeed, 6, flate.BestCompression, flate.HuffmanOnly} {
				t.Run(fmt.Sprintf("%s, %d bytes, level %d", kind, n, level), func(t *testing.T) {
					one, other := content(kind, n), content("differences", n)
					a, b := deflated(t, one, level), deflated(t, other, flate.BestCompression)
					for name, got := range map[string][]byte{
						"alone": inflated(t, n, a)[0], "first": inflated(t, n, a, b)[0], "second": inflated(t, n, b, a)[1],
						"beside what is broken": inflated(t, n, a[:len(a)/2], a)[1], "beside itself": inflated(t, n, a, a)[1],
					} {
						if !bytes.Equal(got, one) {
							t.Errorf("%s, %d of %d bytes are given, which are not those", name, len(got), n)
						}
					}
				})
			}
		}
	}
}

func TestInflateRefusesWhatIsNotWhole(t *testing.T) {
	for _, kind := range contents {
		const n = 3000
		plain := content(kind, n)
		whole := deflated(t, plain, 6)
		for size := range len(whole) {
			if got := inflated(t, n, whole[:size]); got[0] != nil {
				t.Fatalf("%s: %d of %d bytes are taken for all", kind, size, len(whole))
			}
		}
		for _, size := range []int{n - 1, n + 1} {
			if got := inflated(t, size, whole); got[0] != nil {
				t.Errorf("%s: a stream of %d bytes is taken for one of %d", kind, n, size)
			}
		}
		for at := range whole { // every change is noticed: by the checksum, if by nothing else
			broken := bytes.Clone(whole)
			broken[at] ^= 1 << (at % 8)
			if got := inflated(t, n, broken, whole); got[0] != nil && !bytes.Equal(got[0], plain) || !bytes.Equal(got[1], plain) {
				t.Fatalf("%s: a stream whose byte %d is another gives other bytes", kind, at)
			}
		}
	}
}

// What the standard allows and no compressor of ours writes: a block without distances, one with a distance of one bit, an
// empty block, and bytes after the end; and what it does not: a third kind of block.
func TestInflateOfOddBlocks(t *testing.T) {
	head := []byte{0x78, 0x01}
	sum := func(b string) []byte { return binary.BigEndian.AppendUint32(nil, adler32.Checksum([]byte(b))) }
	for name, c := range map[string]struct {
		blocks []byte
		want   string // nothing: it is refused
	}{
		"stored":            {[]byte{1, 3, 0, 0xfc, 0xff, 'a', 'b', 'c'}, "abc"},
		"fixed":             {[]byte{0x4b, 0x4c, 0x4a, 0x06, 0x00}, "abc"},
		"empty, then fixed": {[]byte{0, 0, 0, 0xff, 0xff, 0x4b, 0x4c, 0x4a, 0x06, 0x00}, "abc"},
		"bytes behind":      {[]byte{0x4b, 0x4c, 0x4a, 0x06, 0x00}, "abc"},
		"a wrong length":    {[]byte{1, 3, 0, 0xfd, 0xff, 'a', 'b', 'c'}, ""},
		"a third kind":      {[]byte{7, 0, 0, 0, 0}, ""},
	} {
		stream := append(append(bytes.Clone(head), c.blocks...), sum("abc")...)
		if name == "bytes behind" {
			stream = append(stream, "more"...)
		}
		if got := inflated(t, 3, stream)[0]; string(got) != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// What is decoded here is what package zlib makes of it; and nothing outside the memory is touched, or the program ends.
func FuzzInflate(f *testing.F) {
	for _, kind := range contents {
		for _, level := range []int{flate.NoCompression, 6, flate.HuffmanOnly} {
			f.Add(deflated(f, content(kind, 700), level), uint16(700))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, n uint16) {
		if len(stream) == 0 || n == 0 {
			return
		}
		got := inflated(t, int(n), stream, stream)
		if !bytes.Equal(got[0], got[1]) {
			t.Fatalf("one gives %d bytes, the other %d", len(got[0]), len(got[1]))
		}
		if got[0] == nil {
			return
		}
		r, err := zlib.NewReader(bytes.NewReader(stream))
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(io.LimitReader(r, int64(n)+1))
		if err != nil || !bytes.Equal(got[0], want) {
			t.Fatalf("%d bytes, not %d, %v", len(got[0]), len(want), err)
		}
	})
}
