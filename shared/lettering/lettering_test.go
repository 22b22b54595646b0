package lettering

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestFontIsComplete(t *testing.T) {
	for r := '!'; r <= '~'; r++ {
		rows := glyphs()[r]
		if len(rows) != 7 {
			t.Errorf("%c has %d rows", r, len(rows))
		}
		for _, row := range rows {
			if len(row) != 5 || strings.Trim(row, ".#") != "" {
				t.Errorf("%c has a row %q", r, row)
			}
		}
	}
}

func TestWriteStaysOnTheCanvas(t *testing.T) {
	canvas := image.NewRGBA(image.Rect(0, 0, 20, 8))
	if n := Write(canvas, image.Pt(-3, -2), "Aé at", color.Black); n != 5*CellWidth {
		t.Errorf("five letters are %d pixels wide", n)
	}
	ink := 0
	for _, v := range canvas.Pix {
		if v != 0 {
			ink++
		}
	}
	if ink < 15 || ink > 60 {
		t.Errorf("%d dots", ink)
	}
}
