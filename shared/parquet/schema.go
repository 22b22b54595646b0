package parquet

import "slices"

// element is a node as the footer lists it (format: SchemaElement).
type element struct {
	node      Node
	typed     bool
	children  int
	converted int // -1: none
	logical   Logical
}

func readElement(r *thriftReader) element {
	e := element{converted: -1}
	r.structure(func(id int, kind byte) {
		switch id {
		case 1:
			e.node.Type, e.typed = Type(r.int32()), true
		case 2:
			e.node.Length = r.int32()
		case 3:
			e.node.Repetition = Repetition(r.int32())
		case 4:
			e.node.Name = r.string()
		case 5:
			e.children = r.int32()
		case 6:
			e.converted = r.int32()
		case 7:
			e.node.Scale = r.int32()
		case 10:
			e.logical = readLogical(r, &e.node)
		default:
			r.skip(kind)
		}
	})
	return e
}

// readLogical reads the union LogicalType.
func readLogical(r *thriftReader, n *Node) (l Logical) {
	simple := map[int]Logical{1: String, 2: Map, 3: List, 4: String, 6: Date, 7: Other, 12: JSON, 13: Other, 14: UUID, 15: Other, 16: Other}
	r.structure(func(id int, kind byte) {
		switch id {
		case 5:
			l = Decimal
			r.structure(func(id int, kind byte) {
				if id == 1 {
					n.Scale = r.int32()
				} else {
					r.skip(kind)
				}
			})
		case 8:
			l = readTimestamp(r)
		case 10:
			l = readInteger(r)
		default:
			l = simple[id]
			r.skip(kind)
		}
	})
	return l
}

func readTimestamp(r *thriftReader) Logical {
	utc, unit := false, 0
	r.structure(func(id int, kind byte) {
		if id == 1 {
			utc = kind == thriftTrue
		} else if id == 2 {
			r.structure(func(id int, kind byte) {
				unit = id
				r.skip(kind)
			})
		} else {
			r.skip(kind)
		}
	})
	all := []Logical{Other, TimestampMillis, TimestampMicros, TimestampNanos}
	if !utc {
		all = []Logical{Other, LocalMillis, LocalMicros, LocalNanos}
	}
	if unit < 0 || unit >= len(all) {
		return Other
	}
	return all[unit]
}

func readInteger(r *thriftReader) Logical {
	signed := true
	r.structure(func(id int, kind byte) {
		if id == 2 {
			signed = kind == thriftTrue
		} else {
			r.skip(kind)
		}
	})
	if signed {
		return None
	}
	return Unsigned
}

// meaning is the logical type, by the older converted type where the newer one is not given.
func (e element) meaning() Logical {
	if e.logical != None || e.converted < 0 {
		return e.logical
	}
	switch c := e.converted; {
	case c == convertedUTF8 || c == convertedEnum:
		return String
	case c == convertedMap || c == convertedMapKeyValue:
		return Map
	case c == convertedList:
		return List
	case c == convertedDecimal:
		return Decimal
	case c == convertedDate:
		return Date
	case c == convertedTimestampMillis:
		return TimestampMillis
	case c == convertedTimestampMicros:
		return TimestampMicros
	case c >= convertedUint8 && c <= convertedUint64:
		return Unsigned
	case c >= convertedInt8 && c <= convertedInt64:
		return None
	case c == convertedJSON:
		return JSON
	}
	return Other
}

// tree builds the schema of elements, which are listed depth first, the root before all.
func tree(elements []element) (*Node, error) {
	if len(elements) == 0 {
		return nil, invalid("has no schema")
	}
	rest := elements[1:]
	root := &Node{Name: elements[0].node.Name}
	if err := grow(root, elements[0].children, &rest, 0); err != nil {
		return nil, err
	}
	if len(rest) > 0 || len(root.Children) == 0 {
		return nil, invalid("has a schema whose parts do not fit together")
	}
	return root, nil
}

func grow(parent *Node, children int, rest *[]element, depth int) error {
	if children > len(*rest) || children < 0 || depth > maxDepth {
		return invalid("has a schema whose parts do not fit together")
	}
	for range children {
		if len(*rest) == 0 {
			return invalid("has a schema whose parts do not fit together")
		}
		e := (*rest)[0]
		*rest = (*rest)[1:]
		n := e.node
		n.Logical = e.meaning()
		if e.typed == (e.children > 0) || n.Type < Boolean || n.Type > FixedLenByteArray || n.Repetition < Required || n.Repetition > Repeated {
			return invalid("has the column %q, which is of no known type", n.Name)
		}
		if n.Type == FixedLenByteArray && (n.Length <= 0 || n.Length > 1<<20) {
			return invalid("has the column %q of values of %d bytes", n.Name, n.Length)
		}
		if err := grow(&n, e.children, rest, depth+1); err != nil {
			return err
		}
		parent.Children = append(parent.Children, &n)
	}
	return nil
}

// writeSchema writes a node and those below it (format: SchemaElement).
func (w *thriftWriter) writeSchema(n *Node, root bool) {
	w.open()
	if n.IsColumn() {
		w.int32(1, int(n.Type))
	}
	if !root {
		w.int32(3, int(n.Repetition))
	}
	w.bytes(4, []byte(n.Name))
	if !n.IsColumn() {
		w.int32(5, len(n.Children))
	}
	w.writeLogical(n.Logical)
	w.close()
	for _, child := range n.Children {
		w.writeSchema(child, false)
	}
}

// writeLogical writes the logical types that are written here, by their older names too.
func (w *thriftWriter) writeLogical(l Logical) {
	known := map[Logical]struct{ converted, union int }{String: {convertedUTF8, 1}, List: {convertedList, 3}, JSON: {convertedJSON, 12}, TimestampMicros: {convertedTimestampMicros, 8}}
	names, ok := known[l]
	if !ok {
		return
	}
	w.int32(6, names.converted)
	w.structure(10, func() {
		w.structure(names.union, func() {
			if l == TimestampMicros {
				w.bool(1, true)
				w.structure(2, func() { w.structure(2, func() {}) })
			}
		})
	})
}

// paths are the names from the root to each column.
func paths(n *Node, above []string) [][]string {
	var all [][]string
	for _, child := range n.Children {
		path := append(slices.Clone(above), child.Name)
		if child.IsColumn() {
			all = append(all, path)
			continue
		}
		all = append(all, paths(child, path)...)
	}
	return all
}
