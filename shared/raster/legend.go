package raster

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"perigee/shared/lettering"
)

// Legend tells in a picture what colours mean.
type Legend struct {
	Title         string
	Style         *Style
	Range         []float64   // of the channel, for a ramp that has none of its own; 0 to 1 when empty
	Classes       []Class     // a list that is given as it is, in place of that of the style
	Width, Height int         // 0: as large as it needs
	Background    *color.RGBA // nil: transparent
}

// Class is a colour and what it means.
type Class struct {
	Label  string
	Colour color.NRGBA
}

// Classes lists the colours of a style: those of a ramp at five places of the range, which is its own if it has one.
func (s Style) Classes(low, high float64) []Class {
	var all []Class
	if s.Kind == Ramp {
		if len(s.Range) == 2 {
			low, high = s.Range[0], s.Range[1]
		}
		const places = 5
		for i := range places {
			share := float64(i) / (places - 1)
			all = append(all, Class{Label: label(low+(high-low)*share, high-low), Colour: s.at(share)})
		}
		return all
	}
	for _, stop := range s.Stops {
		c := Class{Label: stop.Label, Colour: stop.Colour}
		switch {
		case c.Label != "":
		case s.Kind == Intervals:
			c.Label = label(stop.At, 0) + " to " + label(stop.Until, 0)
		default:
			c.Label = label(stop.At, 0)
		}
		all = append(all, c)
	}
	return all
}

// label writes a number with as many digits as a span asks for; with a span of 0, as many as it has.
func label(v, span float64) string {
	if span == 0 {
		return strconv.FormatFloat(v, 'g', 7, 64)
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(span)))))
	return strconv.FormatFloat(v, 'f', min(digits, 9), 64)
}

// The measures of a legend in pixels.
const (
	legendMargin = 6
	legendBar    = 18  // width of a ramp, and side of a class
	legendLength = 140 // of a ramp
	maxLegend    = 4096
)

// Draw draws the legend.
func (l Legend) Draw() *Picture {
	ramp := l.Style != nil && l.Style.Kind == Ramp && len(l.Classes) == 0
	classes := l.Classes
	if len(classes) == 0 && l.Style != nil {
		low, high := 0., 1.
		if len(l.Range) == 2 {
			low, high = l.Range[0], l.Range[1]
		}
		classes = l.Style.Classes(low, high)
	}
	width, height := l.needs(classes, ramp)
	if l.Width > 0 {
		width = min(l.Width, maxLegend)
	}
	if l.Height > 0 {
		height = min(l.Height, maxLegend)
	}
	p := newPicture(width, height)
	canvas := &image.NRGBA{Pix: p.Pix, Stride: p.Stride, Rect: image.Rect(0, 0, width, height)}
	p.Background = l.Background
	ink := inkOn(l.Background)
	top := legendMargin
	if l.Title != "" {
		lettering.Write(canvas, image.Pt(legendMargin, top), l.Title, ink)
		top += lettering.CellHeight + 4
	}
	if ramp {
		l.bar(canvas, classes, image.Rect(legendMargin, top, legendMargin+legendBar, max(height-legendMargin, top+2)), ink)
	} else {
		listOf(canvas, classes, top, ink)
	}
	return p
}

// needs is how large the legend has to be for all of it.
func (l Legend) needs(classes []Class, ramp bool) (width, height int) {
	letters := len([]rune(l.Title))
	width = letters*lettering.CellWidth + 2*legendMargin
	for _, c := range classes {
		width = max(width, legendBar+8+len([]rune(c.Label))*lettering.CellWidth+2*legendMargin)
	}
	height = 2 * legendMargin
	if l.Title != "" {
		height += lettering.CellHeight + 4
	}
	if ramp {
		height += legendLength
	} else {
		height += len(classes) * (legendBar + 2)
	}
	return min(width, maxLegend), min(height, maxLegend)
}

// bar draws a ramp upwards, with its values.
func (l Legend) bar(canvas *image.NRGBA, classes []Class, r image.Rectangle, ink color.NRGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		fill(canvas, image.Rect(r.Min.X, y, r.Max.X, y+1), l.Style.at(1-float64(y-r.Min.Y)/float64(max(r.Dy()-1, 1))))
	}
	frameOf(canvas, r, ink)
	for i, c := range classes {
		y := r.Max.Y - 1 - (r.Dy()-1)*i/max(len(classes)-1, 1)
		fill(canvas, image.Rect(r.Max.X, y, r.Max.X+3, y+1), ink)
		text := min(max(y-lettering.CellHeight/2+1, r.Min.Y), r.Max.Y-lettering.CellHeight+2)
		lettering.Write(canvas, image.Pt(r.Max.X+6, text), c.Label, ink)
	}
}

// listOf draws classes below each other.
func listOf(canvas *image.NRGBA, classes []Class, top int, ink color.NRGBA) {
	for i, c := range classes {
		r := image.Rect(legendMargin, top+i*(legendBar+2), legendMargin+legendBar, top+i*(legendBar+2)+legendBar)
		fill(canvas, r, c.Colour)
		frameOf(canvas, r, ink)
		lettering.Write(canvas, image.Pt(r.Max.X+6, r.Min.Y+(legendBar-lettering.CellHeight)/2+1), c.Label, ink)
	}
}

func fill(canvas *image.NRGBA, r image.Rectangle, c color.NRGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			canvas.SetNRGBA(x, y, c)
		}
	}
}

// frameOf draws the border of a rectangle.
func frameOf(canvas *image.NRGBA, r image.Rectangle, c color.NRGBA) {
	fill(canvas, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1), c)
	fill(canvas, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y), c)
	fill(canvas, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y), c)
	fill(canvas, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y), c)
}

// inkOn is black on a light background, white on a dark one.
func inkOn(background *color.RGBA) color.NRGBA {
	if background != nil && 299*int(background.R)+587*int(background.G)+114*int(background.B) < 128*1000 {
		return color.NRGBA{255, 255, 255, 255}
	}
	return color.NRGBA{0, 0, 0, 255}
}
