package product

import "perigee/shared/plainyaml"

// What the text of an overlay may be: whoever sends it may be a stranger.
const (
	MaxOverlay = plainyaml.MaxSize // bytes

	maxFlow   = plainyaml.MaxFlow
	maxColumn = plainyaml.MaxColumn
	maxTokens = plainyaml.MaxTokens
)

// plain is an Invalid failure for a text that is no plain YAML, seen word by word before anything is built of it.
func (s source) plain(text []byte) error { return plainyaml.Check(s.Name, text) }
