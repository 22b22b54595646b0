// Package parquet reads and writes Apache Parquet files (https://parquet.apache.org/docs/file-format) column by column:
// nested schemas, pages and their encodings, a codec each. It knows nothing of what the columns mean.
//
// Files come from strangers, so that whatever one says of itself is checked before memory is taken for it: what is held
// at any time is bounded (Limits), however little of the file it takes to ask for more.
package parquet

import "perigee/shared/fault"

// Type is a physical type (format: Type).
type Type int

// The physical types.
const (
	Boolean Type = iota
	Int32
	Int64
	Int96
	Float
	Double
	ByteArray
	FixedLenByteArray
)

// Repetition tells how often a node is there in its parent (format: FieldRepetitionType).
type Repetition int

// The repetitions.
const (
	Required Repetition = iota
	Optional
	Repeated
)

// Logical is what a node stands for (format: LogicalType), as far as it makes a difference here.
type Logical int

// The logical types. Those of times count from 1970; Local ones know no time zone.
const (
	None Logical = iota
	String
	JSON
	List
	Map
	Date
	Decimal
	Unsigned
	UUID
	TimestampMillis
	TimestampMicros
	TimestampNanos
	LocalMillis
	LocalMicros
	LocalNanos
	Other // one that a reader cannot leave out of account
)

// Node is a column, or a group of nodes.
type Node struct {
	Name       string
	Repetition Repetition
	Logical    Logical
	Children   []*Node // of a group; none: it is a column
	Type       Type    // of a column
	Length     int     // of the values of a FixedLenByteArray
	Scale      int     // of a Decimal

	Column int // index of a column among all
	Def    int // the greatest definition level
	Rep    int // the greatest repetition level
}

// IsColumn tells a column from a group.
func (n *Node) IsColumn() bool { return len(n.Children) == 0 }

// level counts levels and columns from a node of the given levels on, and lists the columns.
func (n *Node) level(def, rep int, columns []*Node) []*Node {
	switch n.Repetition {
	case Optional:
		def++
	case Repeated:
		def, rep = def+1, rep+1
	}
	n.Def, n.Rep = def, rep
	if n.IsColumn() {
		n.Column = len(columns)
		return append(columns, n)
	}
	for _, child := range n.Children {
		columns = child.level(def, rep, columns)
	}
	return columns
}

// Columns gives every node of a schema its levels, and lists the columns. The root itself has none.
func Columns(root *Node) []*Node {
	var columns []*Node
	for _, child := range root.Children {
		columns = child.level(0, 0, columns)
	}
	return columns
}

// Limits bound what a file may ask for.
type Limits struct {
	Memory int64 // bytes of pages that are held at the same time
}

// The bounds of any file.
const (
	maxFooter  = 32 << 20 // bytes
	maxColumns = 10_000
	maxGroups  = 32_767   // their ordinals have 16 bits
	maxDepth   = 32       // of groups
	maxHeader  = 64 << 10 // bytes of the header of a page
)

const (
	magic     = "PAR1"
	encrypted = "PARE"
)

// The types of pages, encodings and codecs (format: PageType, Encoding, CompressionCodec).
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3

	encodingPlain            = 0
	encodingPlainDictionary  = 2
	encodingRLE              = 3
	encodingDeltaBinary      = 5
	encodingDeltaLength      = 6
	encodingDeltaByteArray   = 7
	encodingRLEDictionary    = 8
	encodingByteStreamSplit  = 9
	codecNone                = 0
	codecSnappy              = 1
	codecGzip                = 2
	codecZstd                = 6
	convertedUTF8            = 0
	convertedMap             = 1
	convertedMapKeyValue     = 2
	convertedList            = 3
	convertedEnum            = 4
	convertedDecimal         = 5
	convertedDate            = 6
	convertedTimestampMillis = 9
	convertedTimestampMicros = 10
	convertedUint8           = 11
	convertedUint64          = 14
	convertedInt8            = 15
	convertedInt64           = 18
	convertedJSON            = 19
)

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "the Parquet file "+format, args...)
}
