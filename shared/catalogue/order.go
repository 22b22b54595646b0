package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

const maxSort = 10

// orderKey is one key of an order: an expression over a record called r, and its type. Null comes before all values.
type orderKey struct {
	expression string
	sqlType    string
	desc       bool
	nullable   bool
}

// orderOf makes an order total: what was asked for, then datetime descending, collection, id and workspace. By asked, what the query
// looks for, relevance and overlap are told.
func orderOf(c *filter.Compiler, sort []Sort, types map[string]string, asked filter.Expr) ([]orderKey, error) {
	sought := soughtBy(asked)
	if len(sort) > maxSort {
		return nil, fault.At(fault.Invalid, "sortby", "the order has %d keys, at most %d are possible", len(sort), maxSort)
	}
	var keys []orderKey
	for _, s := range sort {
		if s.Property == Area {
			keys = append(keys, orderKey{"coalesce(ST_Area(r.footprint), -1)", "float8", s.Desc, false})
			continue
		}
		if s.Property == Overlap {
			key, err := overlap(c, asked)
			if err != nil {
				return nil, err
			}
			key.desc = s.Desc
			keys = append(keys, key)
			continue
		}
		if s.Property == filter.PropertyGeometry {
			return nil, fault.At(fault.Invalid, "sortby", "geometries have no order")
		}
		if s.Property == Relevance && len(sought) > 0 {
			keys = append(keys, orderKey{relevance(c, sought), "float8", s.Desc, false})
			continue
		}
		if typ := types[string(s.Property)]; typ != "" && typ != typeArray && !coreSort(s.Property) {
			keys = append(keys, typed(c, s, typ))
			continue
		}
		expression, sqlType := sortable(c, s.Property)
		keys = append(keys, orderKey{expression, sqlType, s.Desc, false})
	}
	return append(keys,
		orderKey{"r.datetime", "timestamptz", true, false},
		orderKey{"r.collection", "text", false, false},
		orderKey{"r.id", "text", false, false},
		orderKey{"r.workspace", "text", false, false}), nil
}

// Relevance orders records by where they have the words that a query looks for: in the title counts twice as much as among
// the keywords, and that twice as much as anywhere else. Of a query without words it is a property like others.
const Relevance filter.Property = "relevance"

// Area orders records by the area of their footprint in the plane of longitude and latitude; one without comes before all. No
// property of records is called so.
const Area filter.Property = "\x00area"

// relevance is the mean of what each word counts in a record. Its text begins with the title, in lower case.
func relevance(c *filter.Compiler, words []string) string {
	return "(select avg(case when r.title <> '' and strpos(split_part(r.text, chr(10), 1), w) > 0 then 4" +
		" when strpos(lower(array_to_string(r.keywords, chr(10)) collate \"default\"), w) > 0 then 2 when strpos(r.text, w) > 0 then 1 else 0 end)::float8" +
		" from unnest(" + c.Arg(words) + "::text[]) w)"
}

// soughtBy are the words that a filter looks for, each once.
func soughtBy(e filter.Expr) []string {
	var parts []filter.Expr
	switch e := e.(type) {
	case filter.And:
		parts = e
	case filter.Or:
		parts = e
	case filter.AnyText:
		return filter.Words(e.Words)
	}
	var all []string
	for _, part := range parts {
		all = append(all, soughtBy(part)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// typed is a property that has an index as its key, which is the expression that filters compare it by.
func typed(c *filter.Compiler, s Sort, typ string) orderKey {
	value := "(r.properties -> " + c.Arg(string(s.Property)) + "::text)"
	k := orderKey{desc: s.Desc, nullable: true}
	switch typ {
	case typeNumber:
		k.expression, k.sqlType = "perigee.number("+value+")", "float8"
	case typeInstant:
		k.expression, k.sqlType = "perigee.instant("+value+")", "timestamptz"
	default:
		k.expression, k.sqlType = headOf(value), "text"
	}
	return k
}

// headOf is the beginning of a JSON text, as the index of a property has it.
func headOf(value string) string { return "(left(perigee.string(" + value + `), 250) collate "C")` }

// coreSort tells whether records are ordered by a column of theirs.
func coreSort(property filter.Property) bool {
	switch property {
	case filter.PropertyID, filter.PropertyCollection, filter.PropertyType, filter.PropertyTitle, filter.PropertyAbstract, filter.PropertyProductType,
		filter.PropertyKeywords, filter.PropertyDatetime, filter.PropertyTime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyCreated,
		filter.PropertyModified:
		return true
	}
	return false
}

// sortable is what records are ordered by: of a long text its beginning, for a paging token holds it. JSON has an order of
// its own, which puts a missing value before texts, texts before numbers.
func sortable(c *filter.Compiler, property filter.Property) (expression, sqlType string) {
	switch property {
	case filter.PropertyID:
		return "r.id", "text"
	case filter.PropertyCollection:
		return "r.collection", "text"
	case filter.PropertyType:
		return "r.type", "text"
	case filter.PropertyTitle:
		return "left(r.title, 250)", "text"
	case filter.PropertyAbstract:
		return "left(r.abstract, 250)", "text"
	case filter.PropertyProductType:
		return "r.product_type", "text"
	case filter.PropertyKeywords:
		return "left(array_to_string(r.keywords, chr(10)), 250)", "text"
	case filter.PropertyDatetime, filter.PropertyTime:
		return "r.datetime", "timestamptz"
	case filter.PropertyStart:
		return "coalesce(r.start_time, '-infinity')", "timestamptz"
	case filter.PropertyEnd:
		return "coalesce(r.end_time, '-infinity')", "timestamptz"
	case filter.PropertyCreated:
		return "r.created", "timestamptz"
	case filter.PropertyModified:
		return "r.modified", "timestamptz"
	}
	value := "(r.properties -> " + c.Arg(string(property)) + "::text)"
	return "coalesce(case when length(" + value + "::text) <= 1000 then " + value +
		" else to_jsonb(left(" + value + " #>> '{}', 250)) end, 'null'::jsonb)", "jsonb"
}

// orderBy writes the clause; back turns the order around. name gives the expression of a key.
func orderBy(keys []orderKey, back bool, name func(int) string) string {
	terms := make([]string, len(keys))
	for i, k := range keys {
		terms[i] = name(i)
		if k.desc != back {
			terms[i] += " desc"
		}
		if k.nullable && k.desc != back {
			terms[i] += " nulls last"
		} else if k.nullable {
			terms[i] += " nulls first"
		}
	}
	return " order by " + strings.Join(terms, ", ")
}

func (k orderKey) column(i int) string { return "k" + strconv.Itoa(i) }

// behind writes the condition that a record comes after the place of a token, in the order or against it. Its first part is
// one that an index can begin at.
func behind(c *filter.Compiler, keys []orderKey, at token) string {
	var condition string
	for i := len(keys) - 1; i >= 0; i-- {
		k := keys[i]
		k.desc = k.desc != at.Back
		if at.With && i == len(keys)-1 { // the workspace, which is never null
			condition = "true"
		}
		if k.nullable && slices.Contains(at.Null, i) {
			condition = k.behindNull(condition)
		} else {
			condition = k.behindValue(c.Arg(at.Keys[i])+"::text::"+k.sqlType, condition, i == 0)
		}
	}
	return "(" + condition + ")"
}

// behindValue is the condition that a record comes after one with a value; then is that on the further keys, when the value
// is the same.
func (k orderKey) behindValue(value, then string, first bool) string {
	operator := " > "
	if k.desc {
		operator = " < "
	}
	condition := k.expression + operator + value
	if then != "" {
		condition += " or (" + k.expression + " = " + value + " and (" + then + "))"
	}
	if k.nullable && k.desc {
		return condition + " or " + k.expression + " is null"
	}
	if first {
		return k.expression + strings.TrimRight(operator, " ") + "= " + value + " and (" + condition + ")"
	}
	return condition
}

func (k orderKey) behindNull(then string) string {
	same := k.expression + " is null and (" + then + ")"
	if k.desc {
		return same
	}
	return same + " or " + k.expression + " is not null"
}
