package postprocess

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// The bounds of rules.
const (
	maxRules  = 100
	maxText   = 64 << 10 // bytes of a text that a rule makes
	maxMade   = 8 << 20  // bytes that all rules together make of an item
	valueSize = 80       // bytes that a value counts for beside those of its text
	maxSought = 100e6    // instructions that the patterns of all rules together may take within an item
)

// budget is what rules may still do with an item.
type budget struct {
	made   int // bytes
	sought int // instructions of patterns
}

func newBudget() *budget { return &budget{made: maxMade, sought: maxSought} }

// make takes a value with a text of some bytes from a budget.
func (b *budget) make(text int) error {
	if b.made -= valueSize + text; b.made < 0 {
		return fault.New(fault.Invalid, "the rules make more than %d bytes of an item", maxMade)
	}
	return nil
}

// seek takes what a pattern of a size needs at most for a text from a budget.
func (b *budget) seek(pattern, text int) error {
	if b.sought -= pattern * (text + 1); b.sought < 0 {
		return fault.New(fault.Invalid, "the patterns of the rules take too long for the texts of the item")
	}
	return nil
}

// rule changes an item within a budget.
type rule func(item any, left *budget) error

// declarative makes a postprocessor of rules, which are its setting rules: a list, each of them a mapping with an op and
// what that op takes. Fields are named by JSON Pointers (RFC 6901), in which * stands for every member of an object or
// array; a rule whose field is not there does nothing.
//
//	{op: rename, from: /properties/cloudCover, to: "/properties/eo:cloud_cover"}
//	{op: copy, from: /id, to: /properties/title}
//	{op: set, field: /properties/license, value: proprietary}
//	{op: remove, field: /assets/thumbnail}
//	{op: regex, field: /id, pattern: '\.SAFE$', replacement: ""}
//	{op: regex, field: /id, pattern: '^(S2.)_.*', replacement: $1, to: /properties/satellite}
//	{op: template, field: /properties/title, text: "{/properties/platform} on {/properties/datetime}"}
//	{op: rewrite_asset_hrefs, from: /eodata/, to: "s3://EODATA/"}
//
// regex takes texts as they are and numbers as they are spelt; regex and template write texts, or with as: number numbers.
func declarative(at string, kwargs map[string]any) (Postprocessor, error) {
	k := settings{at: at, values: kwargs}
	list, ok := k.take("rules").([]any)
	if !ok || len(list) == 0 || len(list) > maxRules {
		k.fail("rules", "is no list of 1 to %d rules", maxRules)
	}
	var rules []rule
	for i, written := range list[:min(len(list), maxRules)] {
		r, err := readRule(fmt.Sprintf("%s[%d]", within(at, "rules"), i), written)
		rules, k.errs = append(rules, r), append(k.errs, err)
	}
	return func(ctx context.Context, item []byte, _ Reach) ([]byte, error) { return apply(ctx, rules, item) }, k.err()
}

// apply leads an item through rules.
func apply(ctx context.Context, rules []rule, item []byte) ([]byte, error) {
	in := json.NewDecoder(bytes.NewReader(item))
	in.UseNumber() // numbers keep their spelling
	var document map[string]any
	if err := in.Decode(&document); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the item cannot be read")
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "something follows the item")
	}
	left := newBudget()
	for _, r := range rules {
		if err := ctx.Err(); err != nil {
			return nil, fault.Classify(fault.Unavailable, err, "applying rules to the item")
		}
		if err := r(document, left); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fault.Classify(fault.Internal, err, "writing an item")
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// readRule reads one rule.
func readRule(at string, written any) (rule, error) {
	m, ok := written.(map[string]any)
	if !ok {
		return nil, wrongAt(at, "is no mapping with an op")
	}
	k := &settings{at: at, values: m}
	op := k.text("op", "")
	ops := map[string]func(*settings) rule{
		"rename": renameRule, "copy": copyRule, "set": setRule, "remove": removeRule, "regex": regexRule, "template": templateRule, "rewrite_asset_hrefs": hrefRule,
	}
	read, ok := ops[op]
	if !ok {
		return nil, wrongAt(within(at, "op"), "is %.40q, not one of %s", op, strings.Join(slices.Sorted(maps.Keys(ops)), ", "))
	}
	r := read(k)
	return r, k.err()
}

// pointer takes a JSON Pointer; isWild allows * in it.
func (s *settings) pointer(key string, isWild bool) pointer {
	p, err := parsePointer(s.text(key, ""))
	switch {
	case err != nil:
		s.fail(key, "%s", err)
	case len(p) == 0:
		s.fail(key, "is missing: a JSON Pointer such as /properties/title")
	case !isWild && slices.Contains(p, "*"):
		s.fail(key, "has a *, which stands for many fields where one is meant")
	}
	return p
}

func renameRule(k *settings) rule {
	from, to := k.pointer("from", false), k.pointer("to", false)
	if to.below(from) {
		k.fail("to", "lies within from")
	}
	return func(item any, _ *budget) error {
		value, ok := from.get(item)
		if !ok {
			return nil
		}
		from.remove(item)
		return to.put(item, value)
	}
}

func copyRule(k *settings) rule {
	from, to := k.pointer("from", false), k.pointer("to", false)
	return func(item any, left *budget) error {
		value, ok := from.get(item)
		if !ok {
			return nil
		}
		copied, err := cloned(value, left)
		if err != nil {
			return err
		}
		return to.put(item, copied)
	}
}

func setRule(k *settings) rule {
	field := k.pointer("field", true)
	value, given := k.values["value"]
	if k.take("value"); !given {
		k.fail("value", "is missing")
	}
	if text, err := json.Marshal(value); err != nil || len(text) > maxText {
		k.fail("value", "cannot be written as JSON of at most %d bytes", maxText)
	}
	return func(item any, left *budget) error {
		return field.change(item, func(any, bool) (any, bool, error) {
			copied, err := cloned(value, left)
			return copied, true, err
		})
	}
}

func removeRule(k *settings) rule {
	field := k.pointer("field", true)
	return func(item any, _ *budget) error {
		field.remove(item)
		return nil
	}
}

// hrefRule rewrites the beginnings of the addresses of assets.
func hrefRule(k *settings) rule {
	from, to := k.text("from", ""), k.text("to", "")
	if from == "" || len(from)+len(to) > maxPattern {
		k.fail("from", "is missing, or too long: how addresses begin that are rewritten")
	}
	hrefs := pointer{"assets", "*", "href"}
	return func(item any, left *budget) error {
		return hrefs.change(item, func(value any, there bool) (any, bool, error) {
			href, ok := value.(string)
			rest, begins := strings.CutPrefix(href, from)
			if !there || !ok || !begins {
				return nil, false, nil
			}
			return to + rest, true, left.make(len(to) + len(rest))
		})
	}
}
