package scene

import (
	"math"

	"perigee/test/scenes/ground"
)

// statistics are those of the raster extension (raster:bands[].statistics).
type statistics struct {
	Minimum float64 `json:"minimum"`
	Maximum float64 `json:"maximum"`
	Mean    float64 `json:"mean"`
	Stddev  float64 `json:"stddev"`
	Valid   float64 `json:"valid_percent"`
}

// describe takes the statistics of all samples but the 0s, which stand for no data.
func describe(samples []uint16) statistics {
	lo, hi := uint16(math.MaxUint16), uint16(0)
	var n, sum, squares float64
	for _, v := range samples {
		if v == 0 {
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
		n++
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	if n == 0 {
		return statistics{}
	}
	mean := sum / n
	return statistics{float64(lo), float64(hi), round(mean, 3), round(math.Sqrt(max(squares/n-mean*mean, 0)), 3), round(n/float64(len(samples))*100, 3)}
}

// shares are the percentages of the classes among the pixels that were seen, and of those that were not.
type shares struct {
	cloud, shadow, vegetation, bare, water, unseen float64
}

func count(class []uint8) shares {
	var n [256]int
	for _, c := range class {
		n[c]++
	}
	seen := float64(max(len(class)-n[ground.NoData], 1))
	percent := func(classes ...uint8) float64 {
		sum := 0
		for _, c := range classes {
			sum += n[c]
		}
		return round(float64(sum)/seen*100, 4)
	}
	return shares{
		cloud: percent(ground.ThinCloud, ground.Cloud), shadow: percent(ground.Shadow), vegetation: percent(ground.Vegetation),
		bare: percent(ground.Bare), water: percent(ground.Water), unseen: round(float64(n[ground.NoData])/float64(len(class))*100, 4),
	}
}
