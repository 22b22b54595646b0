package raster

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"perigee/shared/fault"
)

// bound is a number in an expression that the file of a band gives: a statistic of all its values, or how the stored
// values become physical ones.
type bound struct {
	band      int // its place in the names of the expression
	what      statistic
	share     float64 // of a percentile, 0 to 100
	otherwise float64 // where there is no such number
}

type statistic uint8

const (
	statisticMin statistic = iota
	statisticMax
	statisticMean
	statisticDeviation
	statisticPercentile
	bandScale
	bandOffset
)

// boundFunctions are the functions that ask a band's file, by EOxServer's names; unscale gives physical values.
func boundFunctions() map[string]function {
	all := map[string]function{
		"percentile": {2, 3, percentile, ""},
		"unscale":    {1, 1, unscale, ""},
	}
	for name, what := range map[string]statistic{
		"statistics_min": statisticMin, "statistics_max": statisticMax, "statistics_mean": statisticMean, "statistics_stddev": statisticDeviation,
	} {
		all[name] = function{1, 2, func(p *parser, args []*node) (*node, error) {
			s := settings{p: p, args: args}
			b := bound{what: what, otherwise: s.number(1, math.NaN())}
			if s.err != nil {
				return nil, s.err
			}
			return p.bind(args[0], b)
		}, ""}
	}
	return all
}

func percentile(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	b := bound{what: statisticPercentile, share: s.number(1, 0), otherwise: s.number(2, math.NaN())}
	if s.err == nil && !(b.share >= 0 && b.share <= 100) {
		s.err = p.wrong("asks for the percentile %g, which is not from 0 to 100", b.share)
	}
	if s.err != nil {
		return nil, s.err
	}
	return p.bind(args[0], b)
}

// unscale is a band's values by its scale and offset.
func unscale(p *parser, args []*node) (*node, error) {
	scale, err := p.bind(args[0], bound{what: bandScale, otherwise: 1})
	if err != nil {
		return nil, err
	}
	offset, err := p.bind(args[0], bound{what: bandOffset})
	if err != nil {
		return nil, err
	}
	f := folding{p: p}
	return f.do(plus, f.do(times, args[0], scale), offset), f.err
}

// bind makes a node of a number that the file of a band gives.
func (p *parser) bind(band *node, b bound) (*node, error) {
	if band.kind != nodeBand {
		return nil, p.wrong("asks for statistics of something that is not a band")
	}
	b.band = band.at
	at := slices.IndexFunc(p.bound, func(o bound) bool { return fmt.Sprint(o) == fmt.Sprint(b) })
	if at < 0 {
		p.bound = append(p.bound, b)
		at = len(p.bound) - 1
	}
	return p.intern(&node{kind: nodeBound, at: at, text: strconv.Itoa(at)})
}

// summary is what a sample of a band's values tells.
type summary struct {
	sorted []float32 // at most maxSummary of them
	mean   float64
	spread float64
}

const maxSummary = 4096

func summarise(values []float32) *summary {
	s := &summary{}
	if len(values) == 0 {
		return s
	}
	slices.Sort(values)
	var sum, squares float64
	for _, v := range values {
		sum += float64(v)
	}
	s.mean = sum / float64(len(values))
	for _, v := range values {
		squares += (float64(v) - s.mean) * (float64(v) - s.mean)
	}
	s.spread = math.Sqrt(squares / float64(len(values)))
	n := min(len(values), maxSummary)
	for i := range n {
		s.sorted = append(s.sorted, values[i*(len(values)-1)/max(n-1, 1)])
	}
	return s
}

// percentile is the value below which a share of the values lies, from 0 to 100.
func (s *summary) percentile(share float64) float64 {
	at := share / 100 * float64(len(s.sorted)-1)
	low := int(at)
	high := min(low+1, len(s.sorted)-1)
	return float64(s.sorted[low]) + (at-float64(low))*float64(s.sorted[high]-s.sorted[low])
}

func (s *summary) value(b bound) float64 {
	if len(s.sorted) == 0 {
		return b.otherwise
	}
	switch b.what {
	case statisticMin:
		return float64(s.sorted[0])
	case statisticMax:
		return float64(s.sorted[len(s.sorted)-1])
	case statisticMean:
		return s.mean
	case statisticDeviation:
		return s.spread
	}
	return s.percentile(b.share)
}

// bind finds the numbers that the files of an expression's bands give.
func (p *preparation) bind(e *Expression, bands []found) ([]float32, error) {
	var values []float32
	for _, b := range e.bound {
		v, err := p.boundValue(b, bands[b.band])
		if err != nil {
			return nil, err
		}
		values = append(values, float32(v))
	}
	return values, nil
}

func (p *preparation) boundValue(b bound, f found) (float64, error) {
	switch {
	case b.what == bandScale && f.band.Scale != 0:
		return f.band.Scale, nil
	case b.what == bandOffset && f.band.Scale != 0:
		return f.band.Offset, nil
	case b.what == bandScale || b.what == bandOffset:
		return b.otherwise, nil
	case b.what == statisticMin && f.band.Minimum != nil:
		return *f.band.Minimum, nil
	case b.what == statisticMax && f.band.Maximum != nil:
		return *f.band.Maximum, nil
	}
	file, err := p.r.store.file(p.ctx, f.coverage.Href, f.coverage.ETag)
	if err != nil {
		return 0, err
	}
	s, err := p.r.summary(p.ctx, file, f.coverage.Grid, max(f.band.Index, 1), f.nodata)
	if err != nil && fault.KindOf(err).Permanent() && !math.IsNaN(b.otherwise) {
		return b.otherwise, nil
	}
	if err != nil {
		return 0, err
	}
	return s.value(b), nil
}
