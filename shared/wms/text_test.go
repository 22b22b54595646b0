package wms

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	got := wrap("a layer that is long\nabcdefghijklmnop", 8)
	if strings.Join(got, "|") != "a layer|that is|long|abcdefgh|ijklmnop" {
		t.Errorf("%q", got)
	}
	write(image.NewRGBA(image.Rect(0, 0, 3, 3)), "too small é", color.Black)
	write(image.NewRGBA(image.Rect(0, 0, 30, 30)), strings.Repeat("é", 99), color.Black)
}

func TestContrast(t *testing.T) {
	for background, want := range map[color.RGBA]color.Color{{0, 0, 0, 255}: color.White, {0, 0, 0, 0}: color.Black, {255, 255, 0, 255}: color.Black} {
		if contrast(background) != want {
			t.Errorf("%v: %v", background, contrast(background))
		}
	}
}
