// Package lettering writes short texts into pictures, in letters of five by seven dots.
package lettering

import (
	_ "embed"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"
)

// The size of a character with the space around it, in pixels.
const (
	CellWidth  = 6
	CellHeight = 10
)

// font holds a line for each visible ASCII character: the character and its seven rows of five dots.
//
//go:embed font.txt
var font string

var glyphs = sync.OnceValue(func() map[rune][]string {
	m := map[rune][]string{}
	for line := range strings.Lines(font) {
		fields := strings.Fields(line)
		m[rune(fields[0][0])] = fields[1:]
	}
	return m
})

// Write writes a line whose upper left corner lies at a place, and gives its width in pixels. A letter without a shape
// is a question mark.
func Write(canvas draw.Image, at image.Point, line string, ink color.Color) int {
	width := 0
	for _, r := range line {
		drawGlyph(canvas, at.Add(image.Pt(width, 0)), r, ink)
		width += CellWidth
	}
	return width
}

func drawGlyph(canvas draw.Image, at image.Point, r rune, ink color.Color) {
	rows, known := glyphs()[r]
	if !known && r != ' ' {
		rows = glyphs()['?']
	}
	for y, row := range rows {
		for x, dot := range row {
			if dot == '#' {
				canvas.Set(at.X+x, at.Y+y, ink)
			}
		}
	}
}
