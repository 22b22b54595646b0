package catalogue

// The types that indexes of properties compare by.
const (
	typeString  = "string"
	typeNumber  = "number"
	typeInstant = "instant"
)
