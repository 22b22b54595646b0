package page

import (
	escape "html"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"
)

// Node is a piece of a page.
type Node = g.Node

// Text is words as they are, whatever they hold.
func Text(s string) Node { return g.Text(s) }

// joints are where a name may be broken. None of them occurs in what escaping writes.
var joints = strings.NewReplacer("/", "/<wbr>", ".", ".<wbr>", "_", "_<wbr>")

// Name is the name of something, or where it lies, broken after its joints where it is too long for a line.
func Name(s string) Node { return g.Raw(joints.Replace(escape.EscapeString(s))) }

// Group is several pieces as one.
func Group(nodes ...Node) Node { return g.Group(nodes) }

// Paragraph is a paragraph.
func Paragraph(nodes ...Node) Node { return html.P(nodes...) }

// Section is a part of the page below its own heading.
func Section(heading string, nodes ...Node) Node {
	return html.Section(html.H2(Text(heading)), g.Group(nodes))
}

// Sheet is a section that stands apart and can be linked to by its id.
func Sheet(id, heading string, nodes ...Node) Node {
	return html.Section(html.Class("sheet"), html.ID(id), html.H2(Text(heading)), g.Group(nodes))
}

// Beside sets pieces beside each other where there is room, the first the widest.
func Beside(nodes ...Node) Node {
	return html.Div(html.Class("beside"), g.Map(nodes, func(n Node) Node { return html.Div(n) }))
}

// Shortened is the beginning of a long text, on one line.
func Shortened(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if words := []rune(text); len(words) > 160 {
		return strings.TrimRight(string(words[:160]), " ,.;:") + " …"
	}
	return text
}

// Code is a name or an address to be copied.
func Code(s string) Node { return html.Code(Text(s)) }

// Bad is what went wrong.
func Bad(s string) Node {
	if s == "" {
		return nil
	}
	return html.Span(html.Class("bad"), Text(s))
}

// Note is a remark in a softer tone.
func Note(s string) Node {
	if s == "" {
		return nil
	}
	return html.Span(html.Class("note"), Text(s))
}

// Link leads to an address; where that is none to follow, only the words are shown.
func Link(href string, nodes ...Node) Node {
	if Web(href) == "" {
		return g.Group(nodes)
	}
	return html.A(address("href", href), g.Group(nodes))
}

// Picture shows a picture, if its address is one.
func Picture(src, alt string) Node {
	if Web(src) == "" {
		return nil
	}
	return html.P(html.Img(address("src", src), html.Alt(alt)))
}

// Thumbnail is a small picture beside words that say what it shows, if its address is one.
func Thumbnail(src string) Node {
	if Web(src) == "" {
		return nil
	}
	return html.Img(html.Class("thumbnail"), address("src", src), html.Alt(""), html.Loading("lazy"))
}

// Moment is a time of the day, in UTC; nothing for none.
func Moment(t time.Time) Node {
	if t.IsZero() {
		return nil
	}
	return html.Time(html.DateTime(t.UTC().Format(time.RFC3339)), Text(t.UTC().Format(time.DateTime)))
}

// Span is from when to when something is, or when it is where both are one; an end that is not known is zero.
func Span(start, end time.Time) Node {
	switch {
	case start.IsZero() && end.IsZero():
		return nil
	case start.Equal(end):
		return Moment(start)
	case start.IsZero():
		return Group(Text("until "), Moment(end))
	case end.IsZero():
		return Group(Text("since "), Moment(start))
	}
	return Group(Moment(start), Text(" to "), Moment(end))
}

// Number is a whole number.
func Number(n int64) Node { return Text(strconv.FormatInt(n, 10)) }

// Unfold shows a long text when its summary is clicked.
func Unfold(summary, text string) Node {
	return html.Details(html.Summary(Text(summary)), html.Pre(Text(text)))
}

// Button posts to an address. Its page has to have Forms.
func Button(action, text string) Node {
	if Web(action) == "" {
		return nil
	}
	return html.Form(html.Method("post"), address("action", action), html.Button(Text(text)))
}

// List is a list, one entry per node.
func List(entries ...Node) Node {
	return html.Ul(g.Map(entries, func(entry Node) Node { return html.Li(entry) }))
}

// Fact is a name with its value.
type Fact struct {
	Name  string
	Value Node
}

// Facts are names beside their values. A fact without a value is left out.
func Facts(facts ...Fact) Node {
	var all g.Group
	for _, f := range facts {
		if f.Value != nil {
			all = append(all, html.Dt(Name(f.Name)), html.Dd(f.Value))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return html.Dl(all)
}

// Column is the head of a column. Numbers stand on the right.
type Column struct {
	Name    string
	Numbers bool
}

// Table is a table of rows, each with a piece for every column. On a narrow screen a row becomes a list of names and
// values.
func Table(columns []Column, rows ...[]Node) Node {
	var head g.Group
	for _, c := range columns {
		head = append(head, html.Th(html.Scope("col"), c.class(), Name(c.Name)))
	}
	return html.Table(html.THead(html.Tr(head)), html.TBody(g.Map(rows, func(row []Node) Node {
		var cells g.Group
		for i, c := range columns[:min(len(columns), len(row))] {
			cells = append(cells, html.Td(c.class(), html.Data("name", c.Name), row[i]))
		}
		return html.Tr(cells)
	})))
}

func (c Column) class() Node { return g.If(c.Numbers, html.Class("n")) }
