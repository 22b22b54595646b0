package xmldoc

import (
	"iter"
	"strings"
)

// Texts are the texts between the tags of a well-formed document, in their order, without the white space around each; those of
// white space alone are left out, and what cannot be read ends them.
func Texts(document []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest, err := decoded(document)
		if err != nil {
			return
		}
		for rest != "" {
			raw := rest[:at(rest, "<")]
			if text, err := unescaped(raw); err == nil && !blank(text) && !yield(strings.TrimSpace(text)) {
				return
			}
			rest = rest[len(raw):]
			if inner, is := strings.CutPrefix(rest, "<![CDATA["); is {
				text := inner[:at(inner, "]]>")]
				if !blank(text) && !yield(strings.TrimSpace(text)) {
					return
				}
				rest = after(inner, "]]>")
				continue
			}
			rest = afterMarkup(rest)
		}
	}
}

// afterMarkup is what stands behind the tag, comment or instruction that begins a text.
func afterMarkup(rest string) string {
	switch {
	case rest == "":
		return ""
	case strings.HasPrefix(rest, "<!--"):
		return after(rest[len("<!--"):], "-->")
	case strings.HasPrefix(rest, "<?"):
		return after(rest, "?>")
	}
	return rest[min(tagEnd(rest)+1, len(rest)):]
}

// at is where a mark first stands in a text, or its end.
func at(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i
	}
	return len(text)
}

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	return rest
}
