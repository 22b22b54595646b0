package cql2

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// JSON writes a filter in CQL2 JSON; no condition is true. What cannot be written is Unsupported.
func JSON(e filter.Expr) ([]byte, error) {
	e, err := plain(e, 0)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(exprJSON(e)); err != nil {
		return nil, fault.Classify(fault.Internal, err, "write a filter")
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// The wire types of cql2.json (OGC 21-065r2, Annex C).
type (
	opJSON struct {
		Op   string `json:"op"`
		Args []any  `json:"args"`
	}
	propertyJSON struct {
		Property string `json:"property"`
	}
	dateJSON struct {
		Date string `json:"date"`
	}
	timestampJSON struct {
		Timestamp string `json:"timestamp"`
	}
	intervalJSON struct {
		Interval [2]any `json:"interval"`
	}
	geometryJSON struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates,omitempty"`
		Geometries  []any  `json:"geometries,omitempty"`
	}
)

// exprJSON gives the wire form of a condition.
func exprJSON(e filter.Expr) any {
	switch e := e.(type) {
	case filter.And:
		return opJSON{"and", partsJSON(e)}
	case filter.Or:
		return opJSON{"or", partsJSON(e)}
	case filter.Not:
		return opJSON{"not", []any{exprJSON(e.Expr)}}
	case filter.Truth:
		return operandJSON(e.Operand)
	case filter.Compare:
		return opJSON{string(e.Op), operandsJSON(e.Left, e.Right)}
	case filter.Like:
		return opJSON{"like", operandsJSON(e.Operand, e.Pattern)}
	case filter.Between:
		return opJSON{"between", operandsJSON(e.Operand, e.Low, e.High)}
	case filter.In:
		return opJSON{"in", []any{operandJSON(e.Operand), operandsJSON(e.Values...)}}
	case filter.IsNull:
		return opJSON{"isNull", operandsJSON(e.Operand)}
	case filter.Spatial:
		return opJSON{predicateName(string(e.Op)), operandsJSON(e.Left, e.Right)}
	case filter.Temporal:
		return opJSON{predicateName(string(e.Op)), operandsJSON(e.Left, e.Right)}
	case filter.Array:
		return opJSON{predicateName(string(e.Op)), operandsJSON(e.Left, e.Right)}
	}
	return nil
}

// predicateName gives the name that cql2.json has for a predicate: t_finishedBy.
func predicateName(op string) string {
	name := strings.ToLower(op)
	if bare, found := strings.CutSuffix(name, "by"); found {
		return bare + "By"
	}
	return name
}

func partsJSON(parts []filter.Expr) []any {
	all := make([]any, len(parts))
	for i, part := range parts {
		all[i] = exprJSON(part)
	}
	return all
}

func operandsJSON(operands ...filter.Operand) []any {
	all := make([]any, len(operands))
	for i, o := range operands {
		all[i] = operandJSON(o)
	}
	return all
}

// operandJSON gives the wire form of an operand.
func operandJSON(o filter.Operand) any {
	switch o := o.(type) {
	case filter.Property:
		return propertyJSON{string(o)}
	case filter.Date:
		return dateJSON{dateText(o)}
	case filter.Timestamp:
		return timestampJSON{timestampText(o)}
	case filter.Interval:
		return intervalJSON{[2]any{endJSON(o.Start), endJSON(o.End)}}
	case filter.Geometry:
		return shapeJSON(o.Geometry)
	case filter.List:
		return operandsJSON(o...)
	case filter.Function:
		return opJSON{o.Name, operandsJSON(o.Args...)}
	case filter.CaseI:
		return opJSON{"casei", operandsJSON(o.Operand)}
	case filter.AccentI:
		return opJSON{"accenti", operandsJSON(o.Operand)}
	case filter.Arithmetic:
		return opJSON{string(o.Op), operandsJSON(o.Left, o.Right)}
	case filter.Condition:
		return exprJSON(o.Expr)
	}
	return o // Text, Number, Boolean
}

func endJSON(end filter.Operand) any {
	switch end := end.(type) {
	case nil:
		return ".."
	case filter.Date:
		return dateText(end)
	case filter.Timestamp:
		return timestampText(end)
	}
	return operandJSON(end)
}

func shapeJSON(g orb.Geometry) any {
	if b, ok := g.(orb.Bound); ok {
		g = b.ToPolygon()
	}
	parts, ok := g.(orb.Collection)
	if !ok {
		return geometryJSON{Type: g.GeoJSONType(), Coordinates: g}
	}
	all := make([]any, len(parts))
	for i, part := range parts {
		all[i] = shapeJSON(part)
	}
	return geometryJSON{Type: g.GeoJSONType(), Geometries: all}
}
