package raster

import (
	"context"
	"image/color"
)

func (r *Renderer) Sample(ctx context.Context, m Map, col, row, most int) ([]Sample, error) {
	return nil, nil
}

type Sample struct {
	Scene    int
	Lon, Lat float64
	Bands    []BandValue
	Channels []ChannelValue
	Colour   color.NRGBA
}

type BandValue struct {
	Asset, Name, CommonName string
	Value                   float64
	Valid                   bool
	Physical                float64
}

type ChannelValue struct {
	Name, Expression string
	Value            float64
	Valid            bool
}

func Formats() []string { return []string{PNG, JPEG} }
