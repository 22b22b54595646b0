package page

import (
	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"
)

// Field is something that a form asks for: a parameter of the address that it leads to.
type Field struct {
	Name, Label string
	Value       string // that it has now
	Hint        string // an example of a value
	Options     []Option
	Size        string // "wide" or "narrow"
}

// Option is a value that a field may have, and how people call it.
type Option struct{ Value, Text string }

// Search is a form that leads to an address with what is asked for as its query. Its page has to have Forms. What is left
// empty asks for nothing.
func Search(action, button string, fields ...Field) Node {
	if Web(action) == "" {
		return nil
	}
	return html.Form(html.Class("search"), html.Method("get"), address("action", action), g.Attr("role", "search"),
		html.Input(html.Type("hidden"), html.Name("f"), html.Value("html")), g.Map(fields, Field.node), html.Button(Text(button)))
}

func (f Field) node() Node {
	input := html.Input(html.Name(f.Name), html.Value(f.Value), html.Placeholder(f.Hint), g.Attr("autocomplete", "off"), g.Attr("spellcheck", "false"))
	if len(f.Options) > 0 {
		input = html.Select(html.Name(f.Name), g.Map(f.Options, func(o Option) Node {
			return html.Option(html.Value(o.Value), g.If(o.Value == f.Value, html.Selected()), Text(o.Text))
		}))
	}
	return html.Label(g.If(f.Size != "", html.Class(f.Size)), html.Span(Text(f.Label)), input)
}
