package raster

import "perigee/shared/geo"

// LonLat takes coordinates of any system that PROJ knows, easting first, to longitude and latitude, in place. What has no
// place on Earth becomes NaN.
func (r *Renderer) LonLat(crs geo.CRS, x, y []float64) (err error) {
	defer recovered(&err)
	m, err := r.transforms.take(coded(crs), coded(geo.CRS84))
	if err != nil {
		return err
	}
	defer r.transforms.give(m)
	m.project(x, y)
	return nil
}
