package wms

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"perigee/shared/lettering"
	"perigee/shared/ows"
)

// margin is that of a text, in pixels.
const margin = 4

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
	perLine := (canvas.Bounds().Dx() - 2*margin) / lettering.CellWidth
	if perLine < 1 {
		return
	}
	y := margin
	for _, line := range wrap(text, perLine) {
		if y > canvas.Bounds().Dy() {
			return
		}
		lettering.Write(canvas, image.Pt(margin, y), line, ink)
		y += lettering.CellHeight
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
