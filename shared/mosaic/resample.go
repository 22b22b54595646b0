package mosaic

import (
	"image"
	"math"
)

// share is the pixels of a line that one pixel is made of: from the first on, with weights that sum up to 1, or to less at
// the border of what there is.
type share struct {
	first   int
	weights []float32
}

// weights tells of which of n source pixels each of count pixels is made: the first begins at the place start of the
// source, and each is step source pixels wide. Between pixels it interpolates linearly; wider pixels take the mean of what
// lies under them. Pixels that fall on one of the source each take that one alone.
func weights(count, n int, start, step float64) []share {
	shares := make([]share, count)
	reach := max(step, 1)
	if same(step, 1, 1e-5) && same(start, math.Round(start), exact) {
		start, step = math.Round(start), 1
	}
	for i := range shares {
		centre := start + (float64(i)+0.5)*step - 0.5
		first, last := int(math.Floor(centre-reach))+1, int(math.Ceil(centre+reach))-1
		from, to := max(first, 0), min(last, n-1)
		if from > to {
			continue
		}
		total, s := 0.0, share{first: from, weights: make([]float32, 0, to-from+1)}
		for at := first; at <= last; at++ {
			total += 1 - math.Abs(float64(at)-centre)/reach
		}
		for at := from; at <= to; at++ {
			s.weights = append(s.weights, float32((1-math.Abs(float64(at)-centre)/reach)/total))
		}
		shares[i] = s
	}
	return shares
}

// resample makes a picture of shares of the columns and rows of another one. Colours are multiplied by their alpha in
// both, so that what is transparent lends no colour.
func resample(source *image.RGBA, columns, rows []share) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, len(columns), len(rows)))
	narrow := map[int][]float32{} // rows of the source, resampled along the columns, as long as they are needed
	for y, share := range rows {
		sum := make([]float32, 4*len(columns))
		for i, w := range share.weights {
			at := share.first + i
			line, ok := narrow[at]
			if !ok {
				line = narrowed(source.Pix[at*source.Stride:], columns)
				narrow[at] = line
			}
			for x, v := range line {
				sum[x] += w * v
			}
		}
		for at := range narrow {
			if y+1 < len(rows) && at < rows[y+1].first {
				delete(narrow, at)
			}
		}
		line := out.Pix[y*out.Stride:]
		for x, v := range sum {
			line[x] = uint8(min(max(v+0.5, 0), 255))
		}
	}
	return out
}

// narrowed resamples one row along its columns.
func narrowed(row []uint8, columns []share) []float32 {
	line := make([]float32, 4*len(columns))
	for x, share := range columns {
		for i, w := range share.weights {
			from := row[4*(share.first+i):]
			for c := range 4 {
				line[4*x+c] += w * float32(from[c])
			}
		}
	}
	return line
}
