package cog

// Half is the raster at half the resolution, rounded up; its pixels are the average, or the commonest, of the valid
// ones below them.
func Half(r Raster) Raster {
	o := r
	o.Width, o.Height = (r.Width+1)/2, (r.Height+1)/2
	o.Step = r.Step * float64(r.Width) / float64(o.Width)
	o.Bands = make([][]uint16, len(r.Bands))
	columns, rows := spans(r.Width, o.Width), spans(r.Height, o.Height)
	reduce := average
	if r.Classes {
		reduce = commonest
	}
	for b, band := range r.Bands {
		out := make([]uint16, o.Width*o.Height)
		for j, v := range rows {
			for i, h := range columns {
				out[j*o.Width+i] = reduce(band, r.Width, h, v, r.NoData)
			}
		}
		o.Bands[b] = out
	}
	return o
}

// span is the two or three pixels below a pixel of an overview, with the share of each in it.
type span struct {
	first, n int
	weight   [3]float32
}

func spans(from, to int) []span {
	s := make([]span, to)
	ratio := float64(from) / float64(to)
	for i := range s {
		lo, hi := float64(i)*ratio, float64(i+1)*ratio
		s[i].first = int(lo)
		for p := s[i].first; p < from && float64(p) < hi-1e-9 && s[i].n < 3; p++ {
			s[i].weight[s[i].n] = float32(min(hi, float64(p+1)) - max(lo, float64(p)))
			s[i].n++
		}
	}
	return s
}

func average(band []uint16, width int, h, v span, nodata *uint16) uint16 {
	var sum, weight float32
	for j := range v.n {
		row := band[(v.first+j)*width+h.first:]
		for i := range h.n {
			if nodata != nil && row[i] == *nodata {
				continue
			}
			w := h.weight[i] * v.weight[j]
			sum += w * float32(row[i])
			weight += w
		}
	}
	if weight == 0 {
		return *nodata
	}
	return uint16(sum/weight + .5)
}

func commonest(band []uint16, width int, h, v span, nodata *uint16) uint16 {
	var values [9]uint16
	n := 0
	for j := range v.n {
		n += copy(values[n:], band[(v.first+j)*width+h.first:][:h.n])
	}
	best, most := values[0], 0
	for i, value := range values[:n] {
		count := 0
		for _, other := range values[i:n] {
			if other == value {
				count++
			}
		}
		if count > most && (nodata == nil || value != *nodata || count == n) {
			best, most = value, count
		}
	}
	return best
}
