package xmldoc

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"perigee/shared/fault"
)

// Check tells whether Parse reads a document, and the name of its root element, without making a tree of it.
func Check(document []byte) (xml.Name, error) {
	if len(document) > MaxBytes {
		return xml.Name{}, fault.New(fault.Invalid, "the XML document has %d bytes, at most %d are read", len(document), MaxBytes)
	}
	text, err := decoded(document)
	if err != nil {
		return xml.Name{}, fault.New(fault.Invalid, "the XML document cannot be used: %w", err)
	}
	p := parser{text: text, treeless: true}
	if err := p.document(); err != nil {
		return xml.Name{}, p.located(err)
	}
	return p.rootName, nil
}

// Declaration declares a prefix for a namespace; without a prefix, that of names which have none.
type Declaration struct{ Prefix, Space string }

// Part is an element of a document, where it lies in its bytes.
type Part struct {
	Name     xml.Name
	From, To int
	Around   [][]Declaration // by each element around it, the root first
	Own      []Declaration   // by its own start tag
}

// Cut finds the elements of a document in UTF-8 that are wanted by the names on the way to them, the root first; those within
// one are not looked at. An error of found ends the search.
func Cut(document []byte, wanted func(path []xml.Name) bool, found func(Part) error) error {
	if !utf8.Valid(document) {
		return fault.New(fault.Invalid, "the XML document cannot be used: it is not in UTF-8")
	}
	text := strings.TrimPrefix(string(document), byteOrderMark)
	c := cutter{wanted: wanted, found: found, before: len(document) - len(text)}
	p := parser{text: text, treeless: true, cutter: &c, unbounded: true}
	if err := p.document(); err != nil {
		if c.refused != nil {
			return c.refused
		}
		return p.located(err)
	}
	return nil
}

const byteOrderMark = "\xef\xbb\xbf"

// cutter hears of the elements that a parser enters and leaves.
type cutter struct {
	wanted  func(path []xml.Name) bool
	found   func(Part) error
	before  int // bytes before the text that is parsed
	path    []xml.Name
	within  int // how many elements were open when the part began that is being read; 0 outside of parts
	part    Part
	refused error
}

var errRefused = errors.New("refused")

// entered is called when a start tag was read, which begins at a place.
func (c *cutter) entered(p *parser, at int) {
	if c.within > 0 {
		return
	}
	last := p.open[len(p.open)-1]
	c.path = append(c.path[:len(p.open)-1], last.node.Name())
	if !c.wanted(c.path) {
		return
	}
	c.within = len(p.open)
	c.part = Part{Name: last.node.Name(), From: c.before + at, Own: declarations(p.names[last.names:])}
	for i, o := range p.open[:len(p.open)-1] {
		c.part.Around = append(c.part.Around, declarations(p.names[o.names:p.open[i+1].names]))
	}
}

// over moves to the end tag of the part that was just begun.
func (p *parser) over() error {
	for depth := 1; ; {
		at := strings.IndexByte(p.text[p.at:], '<')
		if at < 0 {
			return fmt.Errorf("the element %.100s is not closed", p.open[len(p.open)-1].tag)
		}
		p.at += at
		rest := p.text[p.at:]
		var err error
		switch {
		case strings.HasPrefix(rest, "</"):
			if depth--; depth == 0 {
				return nil
			}
			err = p.skip("</", ">", "tag")
		case strings.HasPrefix(rest, "<!--"):
			err = p.skip("<!--", "-->", "comment")
		case strings.HasPrefix(rest, "<![CDATA["):
			err = p.skip("<![CDATA[", "]]>", "CDATA section")
		case strings.HasPrefix(rest, "<?"):
			err = p.skip("<?", "?>", "processing instruction")
		default:
			depth++
			if err = p.overTag(); err == nil && p.text[p.at-2] == '/' {
				depth--
			}
		}
		if err != nil {
			return err
		}
	}
}

// overTag moves behind a start tag, whose values may hold the sign that ends it.
func (p *parser) overTag() error {
	for {
		at := strings.IndexAny(p.text[p.at:], `>"'`)
		if at < 0 {
			return errors.New("a start tag does not end")
		}
		p.at += at + 1
		quote := p.text[p.at-1 : p.at]
		if quote == ">" {
			return nil
		}
		end := strings.Index(p.text[p.at:], quote)
		if end < 0 {
			return errors.New("a value does not end")
		}
		p.at += end + 1
	}
}

// left is called when an element was read to its end, and is not open any more.
func (c *cutter) left(p *parser) error {
	if c.within == 0 || len(p.open) >= c.within {
		return nil
	}
	c.within = 0
	c.part.To = c.before + p.at
	if c.refused = c.found(c.part); c.refused != nil {
		return errRefused
	}
	return nil
}

func declarations(names []binding) []Declaration {
	all := make([]Declaration, len(names))
	for i, n := range names {
		all[i] = Declaration{n.prefix, n.space}
	}
	return all
}
