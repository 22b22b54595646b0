package broker

import (
	"time"

	cesql "github.com/cloudevents/sdk-go/sql/v2"
	sqlerrors "github.com/cloudevents/sdk-go/sql/v2/errors"
	"github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"perigee/shared/fault"
)

// maxCESQL bounds an expression in bytes: the parser nests as deep as what it reads.
const maxCESQL = 4096

// parseCESQL reads an expression of CloudEvents SQL
// (https://github.com/cloudevents/spec/blob/main/cesql/spec.md). Besides what cannot be parsed, it refuses an expression
// that asks for an unknown function or does not come to true or false on a plain event: Knative's filter takes no event by
// the first, and breaks off at the second.
func parseCESQL(text string) (parsed cesql.Expression, err error) {
	defer func() { // the library's parser panics on a text that ends too early
		if recover() != nil {
			err = fault.At(fault.Invalid, "cesql", "%q is not CloudEvents SQL", text)
		}
	}()
	if len(text) > maxCESQL {
		return nil, fault.At(fault.Invalid, "cesql", "an expression has at most %d bytes, not %d", maxCESQL, len(text))
	}
	if parsed, err = parser.Parse(text); err != nil {
		return nil, fault.At(fault.Invalid, "cesql", "%q is not CloudEvents SQL: %w", text, err)
	}
	switch value, err := parsed.Evaluate(plainEvent()); {
	case sqlerrors.IsMissingFunctionError(err):
		return nil, fault.At(fault.Invalid, "cesql", "%q asks for an unknown function: %w", text, err)
	case err != nil: // an extension that the plain event has not
	case !isBool(value):
		return nil, fault.At(fault.Invalid, "cesql", "%q comes to %v, not to true or false", text, value)
	}
	return parsed, nil
}

func isBool(value any) bool {
	_, ok := value.(bool)
	return ok
}

// plainEvent has every attribute that CloudEvents names, and no extension.
func plainEvent() event.Event {
	e := event.New()
	e.SetID("1")
	e.SetType("type")
	e.SetSource("/source")
	e.SetSubject("subject")
	e.SetTime(time.Unix(0, 0))
	e.SetDataSchema("schema:")
	e.SetDataContentType(event.TextPlain)
	return e
}

// compileCESQL makes a decision of an expression. As in Knative it fails where it cannot be evaluated, because it asks
// for an attribute that is not there or casts what cannot be cast.
func compileCESQL(text string) (predicate, error) {
	parsed, err := parseCESQL(text)
	if err != nil {
		return nil, err
	}
	return func(c *candidate) (holds bool) {
		defer func() {
			if recover() != nil { // the library's, on a value that it did not expect
				holds = false
			}
		}()
		value, err := parsed.Evaluate(c.cloudEvent())
		truth, decides := value.(bool)
		return err == nil && decides && truth
	}, nil
}

// cloudEvent is the event as Knative's filter receives it: over HTTP, so that every extension is a string.
func (c *candidate) cloudEvent() event.Event {
	if c.event != nil {
		return *c.event
	}
	e := event.New()
	for name, value := range c.attributes {
		switch name {
		case "specversion":
		case "id":
			e.SetID(value)
		case "type":
			e.SetType(value)
		case "source":
			e.SetSource(value)
		case "subject":
			e.SetSubject(value)
		case "datacontenttype":
			e.SetDataContentType(value)
		case "dataschema":
			e.SetDataSchema(value)
		case "time":
			if at, err := types.ParseTime(value); err == nil {
				e.SetTime(at)
			}
		default:
			e.SetExtension(name, value)
		}
	}
	c.event = &e
	return e
}
