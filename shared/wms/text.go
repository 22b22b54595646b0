package wms

import (
	_ "embed"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"

	"perigee/shared/ows"
)

// font holds a line for each visible ASCII character: the character and its seven rows of five dots.
//
//go:embed font.txt
var font string

// The size of a character with the space around it, and the margin of a text, in pixels.
const (
	cellWidth  = 6
	cellHeight = 10
	margin     = 4
)

var glyphs = sync.OnceValue(func() map[rune][]string {
	m := map[rune][]string{}
	for line := range strings.Lines(font) {
		fields := strings.Fields(line)
		m[rune(fields[0][0])] = fields[1:]
	}
	return m
})

// textOf is a line for each exception.
func textOf(list []ows.Exception) string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = string(e.Code) + ": " + e.Text
	}
	return strings.Join(lines, "\n")
}

// write draws a text from the upper left corner on, broken at the right edge; what is below the lower edge is lost.
func write(canvas draw.Image, text string, ink color.Color) {
	perLine := (canvas.Bounds().Dx() - 2*margin) / cellWidth
	if perLine < 1 {
		return
	}
	y := margin
	for _, line := range wrap(text, perLine) {
		if y > canvas.Bounds().Dy() {
			return
		}
		for i, r := range []rune(line) {
			drawGlyph(canvas, image.Pt(margin+i*cellWidth, y), r, ink)
		}
		y += cellHeight
	}
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

// wrap breaks a text into lines of at most width characters, at spaces where there are any.
func wrap(text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		rest := []rune(line)
		for len(rest) > width {
			end := width
			for i := width; i > width/2; i-- {
				if rest[i] == ' ' {
					end = i
					break
				}
			}
			lines = append(lines, string(rest[:end]))
			rest = []rune(strings.TrimLeft(string(rest[end:]), " "))
		}
		lines = append(lines, string(rest))
	}
	return lines
}

// contrast is black on a light background and white on a dark one; transparent counts as light.
func contrast(background color.RGBA) color.Color {
	luma := 299*int(background.R) + 587*int(background.G) + 114*int(background.B)
	if background.A > 0 && luma < 128*1000 {
		return color.White
	}
	return color.Black
}
