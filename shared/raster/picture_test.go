package raster

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/fault"
)

// painted is a picture whose pixels are a function.
func painted(width, height int, f func(x, y int) [4]uint8) *Picture {
	p := newPicture(width, height)
	for y := range height {
		for x := range width {
			c := f(x, y)
			copy(p.row(y)[4*x:], c[:])
		}
	}
	return p
}

// kind is the colour type and depth of a PNG.
func kind(b []byte) [2]uint8 { return [2]uint8{b[25], b[24]} }

func TestPNGTakesTheSmallestForm(t *testing.T) {
	noise := func(x, y int) uint8 { return uint8(x*x*7 + y*y*13 + x*y) }
	for name, c := range map[string]struct {
		p    *Picture
		want [2]uint8
	}{
		"empty":                 {newPicture(256, 256), [2]uint8{pngPalette, 1}},
		"two colours":           {painted(37, 20, func(x, y int) [4]uint8 { return [4]uint8{uint8(x % 2 * 200), 10, 20, 255} }), [2]uint8{pngPalette, 1}},
		"three colours":         {painted(37, 20, func(x, y int) [4]uint8 { return [4]uint8{uint8(x % 3 * 80), 10, 20, 255} }), [2]uint8{pngPalette, 2}},
		"sixteen colours":       {painted(37, 20, func(x, y int) [4]uint8 { return [4]uint8{uint8(x % 16), 10, 20, 128} }), [2]uint8{pngPalette, 4}},
		"many greys":            {painted(256, 9, func(x, y int) [4]uint8 { return [4]uint8{uint8(x), uint8(x), uint8(x), 255} }), [2]uint8{pngPalette, 8}},
		"greys and nothing":     {painted(256, 9, func(x, y int) [4]uint8 { return [4]uint8{uint8(x), uint8(x), uint8(x), uint8(y % 2 * 255)} }), [2]uint8{pngGreyAlpha, 8}},
		"half transparent grey": {painted(256, 256, func(x, y int) [4]uint8 { return [4]uint8{uint8(x), uint8(x), uint8(x), uint8(y)} }), [2]uint8{pngGreyAlpha, 8}},
		"photograph":            {painted(90, 80, func(x, y int) [4]uint8 { return [4]uint8{noise(x, y), noise(y, x+9), uint8(x + y), 255} }), [2]uint8{pngRGB, 8}},
		"photograph with hole": {painted(90, 80, func(x, y int) [4]uint8 {
			return [4]uint8{noise(x, y), noise(y, x+9), uint8(x + y), uint8(x / 45 * 255)}
		}), [2]uint8{pngRGBA, 8}},
		"one pixel": {painted(1, 1, func(x, y int) [4]uint8 { return [4]uint8{1, 2, 3, 4} }), [2]uint8{pngPalette, 1}},
	} {
		b, err := c.p.Encode(PNG, color.RGBA{})
		if err != nil {
			t.Fatal(err)
		}
		if kind(b) != c.want {
			t.Errorf("%s: colour type and depth are %v, want %v", name, kind(b), c.want)
		}
		equals(t, name, c.p, b)
		if name == "empty" && len(b) > 200 {
			t.Errorf("an empty tile takes %d bytes", len(b))
		}
	}
}

// equals compares a picture with the PNG that was made of it.
func equals(t interface{ Errorf(string, ...any) }, name string, p *Picture, b []byte) {
	im, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if im.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
		t.Errorf("%s: size %v", name, im.Bounds())
		return
	}
	for y := range p.Height {
		for x := range p.Width {
			want := px(p, x, y)
			got := color.NRGBAModel.Convert(im.At(x, y)).(color.NRGBA)
			if want[3] == 0 && got.A == 0 {
				continue
			}
			if got != (color.NRGBA{want[0], want[1], want[2], want[3]}) {
				t.Errorf("%s: pixel %d,%d is %v, want %v", name, x, y, got, want)
				return
			}
		}
	}
}

func TestAnyPictureReadsBackFromPNG(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height")
		colours := rapid.SliceOfN(rapid.Uint32(), 1, 400).Draw(t, "colours")
		alphas := rapid.SliceOfN(rapid.SampledFrom([]uint8{0, 255, 7}), 1, 3).Draw(t, "alphas")
		grey := rapid.Bool().Draw(t, "grey")
		p := painted(width, height, func(x, y int) [4]uint8 {
			c := colours[(y*width+x)%len(colours)]
			out := [4]uint8{uint8(c), uint8(c >> 8), uint8(c >> 16), alphas[(x+y)%len(alphas)]}
			if grey {
				out[1], out[2] = out[0], out[0]
			}
			return out
		})
		b, err := p.Encode(PNG, color.RGBA{})
		if err != nil {
			t.Fatal(err)
		}
		equals(t, "picture", p, b)
	})
}

func TestBackgroundAndJPEG(t *testing.T) {
	p := painted(16, 16, func(x, y int) [4]uint8 { return [4]uint8{200, 100, 50, uint8(x / 8 * 255)} })
	b, err := p.Encode(JPEG, color.RGBA{0, 0, 255, 255})
	if err != nil {
		t.Fatal(err)
	}
	im, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	near := func(x, y int, want color.RGBA) {
		r, g, bl, _ := im.At(x, y).RGBA()
		for i, d := range []int{int(r>>8) - int(want.R), int(g>>8) - int(want.G), int(bl>>8) - int(want.B)} {
			if d < -12 || d > 12 {
				t.Errorf("colour %d of pixel %d,%d is off by %d", i, x, y, d)
			}
		}
	}
	near(2, 8, color.RGBA{0, 0, 255, 255})
	near(13, 8, color.RGBA{200, 100, 50, 255})
	p.Background = &color.RGBA{9, 9, 9, 255}
	out, err := p.Encode(PNG, color.RGBA{})
	if err != nil {
		t.Fatal(err)
	}
	equals(t, "over its background", p.over(*p.Background), out)
	if p.Opaque() || p.Empty() {
		t.Error("the background counts as drawn")
	}
	if _, err := p.Encode("image/gif", color.RGBA{}); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "format" {
		t.Errorf("another format answers %v", err)
	}
}

func TestSubPicture(t *testing.T) {
	p := painted(20, 20, func(x, y int) [4]uint8 { return [4]uint8{uint8(x), uint8(y), 0, uint8(x / 10 * 255)} })
	s := p.SubPicture(image.Rect(10, 5, 20, 15))
	if s.Width != 10 || s.Height != 10 || px(s, 0, 0) != [4]uint8{10, 5, 0, 255} || px(s, 9, 9) != [4]uint8{19, 14, 0, 255} || !s.Opaque() {
		t.Error("the part is wrong")
	}
	if s := p.SubPicture(image.Rect(0, 0, 10, 20)); !s.Empty() {
		t.Error("the empty half is not empty")
	}
	equals(t, "part", s, mustEncode(t, s))
}

func mustEncode(t *testing.T, p *Picture) []byte {
	t.Helper()
	b, err := p.Encode(PNG, color.RGBA{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A picture is opaque when every pixel is, wherever the one is that is not.
func TestOpaque(t *testing.T) {
	for _, width := range []int{1, 2, 7, 8} {
		for at := range width * 3 {
			p := painted(width, 3, func(x, y int) [4]uint8 { return [4]uint8{1, 2, 3, 255} })
			if !p.Opaque() {
				t.Fatal("a picture without a hole is not opaque")
			}
			if p.Pix[4*at+3] = 254; p.Opaque() {
				t.Errorf("a picture of width %d is opaque with a hole at %d", width, at)
			}
		}
	}
}
