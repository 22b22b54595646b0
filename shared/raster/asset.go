package raster

import (
	"slices"
	"strings"

	"perigee/shared/record"
)

// classRoles are the roles of assets (STAC best practices, asset roles) whose values are classes or flags.
var classRoles = []string{"classification", "mask", "data-mask", "cloud", "cloud-shadow", "snow-ice", "land-water", "water-mask", "saturation", "quality-flags"}

// classAssets are names of assets that hold classes, whatever their roles say.
var classAssets = []string{"scl", "qa_pixel", "qa_radsat", "qa60", "fmask", "clm", "cloud_mask"}

// classes tells whether the values of a coverage are classes, which must not be mixed.
func classes(c record.Coverage) bool {
	return slices.Contains(classAssets, strings.ToLower(c.Asset)) || slices.ContainsFunc(c.Roles, func(role string) bool { return slices.Contains(classRoles, role) })
}

// picture makes the look of a coverage that is a picture: grey, indices of a palette, or red, green and blue, each with
// or without opacity.
func (p *preparation) picture(c record.Coverage) error {
	c, err := p.complete(c)
	if err != nil {
		return err
	}
	n, alpha, err := p.pictureBands(c)
	if err != nil {
		return err
	}
	shown := []int{1}
	if n >= 3 && p.look.palette == nil {
		shown = []int{1, 2, 3}
	}
	for _, index := range shown {
		ch, err := p.pictureChannel(c, index)
		if err != nil {
			return err
		}
		p.look.channels = append(p.look.channels, ch)
	}
	if alpha > 0 {
		ch, err := p.pictureChannel(c, alpha)
		ch.low, ch.scale = 0, 1
		p.look.alpha = &ch
		return err
	}
	return nil
}

// pictureBands is how many bands a picture has, and which of them is its opacity. Unless it has three bands, only the
// file knows whether it has a palette.
func (p *preparation) pictureBands(c record.Coverage) (n, alpha int, err error) {
	if n = len(c.Bands); n == 0 {
		n = c.Grid.Bands
	}
	if n == 3 {
		return n, 0, nil
	}
	f, err := p.r.store.file(p.ctx, c.Href, c.ETag)
	if err != nil {
		return 0, 0, err
	}
	facts, err := f.facts(p.ctx)
	if err != nil {
		return 0, 0, err
	}
	p.look.palette = facts.palette
	return facts.bands, facts.alpha, nil
}

// pictureChannel shows a band as it is.
func (p *preparation) pictureChannel(c record.Coverage, index int) (channel, error) {
	b := record.Band{Index: index}
	for _, known := range c.Bands {
		if max(known.Index, 1) == index {
			b = known
		}
	}
	at, err := p.input(c, index, noDataOf(c, b))
	if err != nil {
		return channel{}, err
	}
	low, high, err := stretch(nil, true, b, c.Grid.DataType)
	if p.look.palette != nil {
		low, high = 0, 255
	}
	return channel{expression: &Expression{names: []string{"picture"}, result: operand{from: fromBand}}, inputs: []int{at}, low: low, scale: 255 / (high - low)}, err
}
