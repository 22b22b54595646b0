package xmldoc

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"perigee/shared/fault"
)

// The namespaces that are declared everywhere.
const (
	namespaceXML   = "http://www.w3.org/XML/1998/namespace"
	namespaceXMLNS = "http://www.w3.org/2000/xmlns/"
)

// Parse reads a document and gives its root element. Elements of the local names passed, other than the root, are given
// without what they hold, which is not looked at, for most of what reading costs is saved where that is long. One that holds
// an end tag of its own name before its end makes the document one that is refused.
func Parse(document []byte, passed ...string) (*Node, error) {
	if len(document) > MaxBytes {
		return nil, fault.New(fault.Invalid, "the XML document has %d bytes, at most %d are read", len(document), MaxBytes)
	}
	text, err := decoded(document)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the XML document cannot be used: %w", err)
	}
	p := parser{text: text, passed: passed}
	if err := p.document(); err != nil {
		return nil, p.located(err)
	}
	return p.root, nil
}

// located is why a document cannot be used, with the line.
func (p *parser) located(err error) error {
	return fault.New(fault.Invalid, "the XML document cannot be used: line %d: %w", 1+strings.Count(p.text[:min(p.at, len(p.text))], "\n"), err)
}

// Root is the name of the root element of a document as far as it can be told without reading the rest: the last value tells
// whether there is one. It says nothing of whether the document is well formed.
func Root(document []byte) (space, local string, found bool) {
	root, _ := beginning(document)
	return root.Name().Space, root.Name().Local, root != nil
}

// Beginning is a document up to the end of the start tag of its root element, where it is in UTF-8 and Root finds one: all documents that begin
// with it have the same root element.
func Beginning(document []byte) []byte {
	_, end := beginning(document)
	return document[:end]
}

// beginning is a root element, nil where there is none, and where its start tag ends, 0 where that is not known.
func beginning(document []byte) (root *Node, end int) {
	for _, most := range []int{2 << 10, 64 << 10} {
		if root, end = rootWithin(document, most); root != nil || len(document) <= most {
			break
		}
	}
	return root, end
}

// rootWithin looks for the root element in the first bytes of a document, up to the end of a tag.
func rootWithin(document []byte, most int) (root *Node, end int) {
	if len(document) > most {
		document = document[:1+bytes.LastIndexByte(document[:most], '>')]
	}
	text, err := decoded(document)
	if err != nil {
		return nil, 0
	}
	p := parser{text: text, slab: make([]Node, 1)}
	if err := p.prolog(); err != nil || p.at >= len(text) {
		return nil, 0
	}
	p.at++
	if _, err := p.start(); err != nil {
		return nil, 0
	}
	if end = p.at; end > len(document) || text[:end] != string(document[:end]) {
		end = 0 // it was changed by decoding it
	}
	return p.root, end
}

// First is the first element of a local name within the root element of a document, where it stands in the first bytes of it; nil
// where it does not. It says nothing of whether the document is well formed.
func First(document []byte, local string) *Node {
	if most := 8 << 10; len(document) > most {
		document = document[:1+bytes.LastIndexByte(document[:most], '>')]
	}
	text, err := decoded(document)
	p := parser{text: text}
	if err != nil || p.prolog() != nil {
		return nil
	}
	for p.at < len(text) && p.markup() == nil && len(p.open) > 0 {
		if found := p.root.last; len(p.open) == 1 && found != nil && found.Local == local {
			return found
		}
		if p.characters() != nil {
			return nil
		}
	}
	return nil
}

// decoded is a document in UTF-8, with the ends of lines that XML has (2.11).
func decoded(document []byte) (string, error) {
	text, err := inUTF8(document)
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return text, err
}

// inUTF8 is a document in UTF-8, of which it checks that it is.
func inUTF8(document []byte) (string, error) {
	switch {
	case len(document) >= 3 && string(document[:3]) == "\xef\xbb\xbf":
		document = document[3:]
	case len(document) >= 2 && string(document[:2]) == "\xfe\xff":
		return wide(document[2:], binary.BigEndian), nil
	case len(document) >= 2 && string(document[:2]) == "\xff\xfe":
		return wide(document[2:], binary.LittleEndian), nil
	}
	switch name := strings.ToLower(declared(document)); name {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		if !utf8.Valid(document) {
			return "", errors.New("it is not in UTF-8, and declares no other encoding that is")
		}
		return string(document), nil
	case "iso-8859-1", "latin1", "latin-1":
		return narrow(document), nil
	default:
		return "", fmt.Errorf("the character encoding %.50q is none of UTF-8, UTF-16 and ISO-8859-1", name)
	}
}

// declared is the encoding that the declaration of a document names.
func declared(document []byte) string {
	head := string(document[:min(len(document), 200)])
	end := strings.Index(head, "?>")
	if !strings.HasPrefix(head, "<?xml") || end < 0 {
		return ""
	}
	_, rest, found := strings.Cut(head[:end], "encoding")
	rest = strings.TrimLeft(rest, " \t\r\n=")
	if !found || rest == "" {
		return ""
	}
	name, _, _ := strings.Cut(rest[1:], rest[:1])
	return name
}

// narrow reads ISO 8859-1, whose characters are the first of Unicode.
func narrow(document []byte) string {
	text := make([]byte, 0, len(document)+len(document)/8)
	for _, b := range document {
		text = utf8.AppendRune(text, rune(b))
	}
	return string(text)
}

func wide(document []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(document)/2)
	for i := range units {
		units[i] = order.Uint16(document[2*i:])
	}
	return string(utf16.Decode(units))
}

// parser reads a document from front to end.
type parser struct {
	text   string
	passed []string // local names of elements whose content is not looked at
	at     int      // bytes read
	root   *Node
	open   []opened
	names  []binding
	slab   []Node
	count  int

	treeless  bool     // no tree is wanted
	passing   []*Node  // then by depth the elements that are open, and those that were
	rootName  xml.Name // then
	cutter    *cutter  // hears of elements then
	unbounded bool     // any number of elements is read
}

// opened is an element whose end is to come.
type opened struct {
	node  *Node
	tag   string // as it was written
	names int    // declarations in force around it
}

// binding is a declaration of a namespace.
type binding struct{ prefix, space string }

func (p *parser) document() error {
	if err := p.prolog(); err != nil {
		return err
	}
	for p.at < len(p.text) {
		if err := p.markup(); err != nil {
			return err
		}
		if len(p.open) > 0 {
			if err := p.characters(); err != nil {
				return err
			}
			continue
		}
		if err := p.between(); err != nil {
			return err
		}
	}
	switch {
	case p.root == nil:
		return errors.New("it has no root element")
	case len(p.open) > 0:
		return fmt.Errorf("the element %.100s is not closed", p.open[len(p.open)-1].tag)
	}
	return nil
}

// prolog moves to the root element, behind all that may stand before it.
func (p *parser) prolog() error {
	for {
		if err := p.between(); err != nil {
			return err
		}
		rest := p.text[p.at:]
		if !strings.HasPrefix(rest, "<?") && !strings.HasPrefix(rest, "<!") {
			return nil
		}
		if err := p.markup(); err != nil {
			return err
		}
	}
}

// between moves over white space outside the root element, where no text may be.
func (p *parser) between() error {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	if p.at < len(p.text) && p.text[p.at] != '<' {
		return errors.New("there is text outside the root element")
	}
	return nil
}

// markup reads what begins with <.
func (p *parser) markup() error {
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, "<?"):
		return p.skip("<?", "?>", "processing instruction")
	case strings.HasPrefix(rest, "<!--"):
		return p.skip("<!--", "-->", "comment")
	case strings.HasPrefix(rest, "<![CDATA[") && len(p.open) > 0:
		return p.cdata()
	case strings.HasPrefix(rest, "<!"):
		return errors.New("it has a document type declaration, which is not accepted")
	case strings.HasPrefix(rest, "</"):
		p.at += 2
		return p.end()
	}
	at := p.at
	p.at++
	empty, err := p.start()
	if err != nil {
		return err
	}
	if p.cutter != nil {
		p.cutter.entered(p, at)
	}
	switch {
	case empty:
		return p.close()
	case p.cutter != nil && p.cutter.within == len(p.open):
		return p.over()
	case len(p.open) > 1 && slices.Contains(p.passed, p.open[len(p.open)-1].node.Local):
		return p.pass()
	}
	return nil
}

// pass moves to the end tag of the element that was just opened, over those of elements of the same name in it.
func (p *parser) pass() error {
	tag := p.open[len(p.open)-1].tag
	for depth := 0; ; {
		next := strings.Index(p.text[p.at:], tag)
		if next < 0 {
			return fmt.Errorf("the element %.100s is not closed", tag)
		}
		from := p.at + next
		p.at = from + len(tag)
		if p.at < len(p.text) && isName(p.text[p.at]) {
			continue
		}
		switch before := p.text[max(0, from-2):from]; {
		case before == "</" && depth == 0:
			p.at = from - len("</")
			return nil
		case before == "</":
			depth--
		case strings.HasSuffix(before, "<"):
			end := tagEnd(p.text[p.at:])
			if p.at += end; p.text[p.at-1] != '/' {
				depth++
			}
		}
	}
}

// tagEnd is where the tag ends whose rest begins a text: at its >, or with the text.
func tagEnd(rest string) int {
	quote := byte(0)
	for i := range len(rest) {
		switch c := rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return len(rest)
}

func (p *parser) skip(from, to, what string) error {
	end := strings.Index(p.text[p.at+len(from):], to)
	if end < 0 {
		return fmt.Errorf("a %s does not end", what)
	}
	p.at += len(from) + end + len(to)
	return nil
}

func (p *parser) cdata() error {
	from := p.at + len("<![CDATA[")
	if err := p.skip("<![CDATA[", "]]>", "CDATA section"); err != nil {
		return err
	}
	text := p.text[from : p.at-len("]]>")]
	p.open[len(p.open)-1].node.add(text)
	return allowed(text)
}

// characters reads text up to the next markup.
func (p *parser) characters() error {
	end := strings.IndexByte(p.text[p.at:], '<')
	if end < 0 {
		return fmt.Errorf("the element %.100s is not closed", p.open[len(p.open)-1].tag)
	}
	raw := p.text[p.at : p.at+end]
	p.at += end
	if blank(raw) {
		if node := p.open[len(p.open)-1].node; node.text != "" {
			node.add(raw)
		}
		return nil
	}
	text, err := unescaped(raw)
	if err != nil {
		return err
	}
	p.open[len(p.open)-1].node.add(text)
	return nil
}

func (n *Node) add(text string) {
	if n.text == "" {
		n.text = text
		return
	}
	n.more = append(n.more, text)
}

// start reads a start tag behind its <. empty tells that it is an end tag, too.
func (p *parser) start() (empty bool, err error) {
	if p.root != nil && len(p.open) == 0 {
		return false, errors.New("there is more than one root element")
	}
	tag := p.name()
	if tag == "" {
		return false, errors.New("a < begins no element")
	}
	node, err := p.node()
	if err != nil {
		return false, err
	}
	p.open = append(p.open, opened{node, tag, len(p.names)})
	if empty, err = p.attributes(node); err != nil {
		return false, fmt.Errorf("the element %.100s: %w", tag, err)
	}
	if err = p.resolve(node, tag); p.treeless && len(p.open) == 1 {
		p.rootName = node.Name()
	}
	return empty, err
}

// node makes a node within the element that is open.
func (p *parser) node() (*Node, error) {
	if p.count++; p.count > maxElements && !p.unbounded || len(p.open) >= maxDepth {
		return nil, fmt.Errorf("it has more than %d elements, or more than %d within each other", maxElements, maxDepth)
	}
	if p.treeless {
		return p.passingNode(), nil
	}
	if len(p.slab) == 0 {
		p.slab = make([]Node, min(max(16, p.count), 1024))
	}
	node := &p.slab[0]
	p.slab = p.slab[1:]
	if len(p.open) == 0 {
		p.root = node
		return node, nil
	}
	parent := p.open[len(p.open)-1].node
	if parent.last == nil {
		parent.first = node
	} else {
		parent.last.next = node
	}
	parent.last = node
	return node, nil
}

// passingNode is the node of an element that is forgotten when it ends.
func (p *parser) passingNode() *Node {
	depth := len(p.open)
	if depth == len(p.passing) {
		p.passing = append(p.passing, &Node{})
	}
	node := p.passing[depth]
	*node = Node{Attrs: node.Attrs[:0], more: node.more[:0]}
	p.root = p.passing[0]
	return node
}

// attributes reads up to the end of a start tag. Names keep their prefixes.
func (p *parser) attributes(node *Node) (empty bool, err error) {
	for {
		spaced := p.space()
		switch {
		case strings.HasPrefix(p.text[p.at:], ">"):
			p.at++
			return false, nil
		case strings.HasPrefix(p.text[p.at:], "/>"):
			p.at += 2
			return true, nil
		case !spaced:
			return false, errors.New("its start tag is not well formed")
		}
		if err := p.attribute(node); err != nil {
			return false, err
		}
	}
}

func (p *parser) attribute(node *Node) error {
	name := p.name()
	p.space()
	if name == "" || !strings.HasPrefix(p.text[p.at:], "=") {
		return errors.New("its start tag is not well formed")
	}
	p.at++
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '"' && p.text[p.at] != '\'' {
		return fmt.Errorf("the value of %.100s is not quoted", name)
	}
	end := strings.IndexByte(p.text[p.at+1:], p.text[p.at])
	if end < 0 {
		return fmt.Errorf("the value of %.100s does not end", name)
	}
	raw := p.text[p.at+1 : p.at+1+end]
	p.at += end + 2
	if strings.IndexByte(raw, '<') >= 0 {
		return fmt.Errorf("the value of %.100s holds a <", name)
	}
	value, err := unescaped(raw)
	if err != nil {
		return err
	}
	if len(node.Attrs) >= 100 {
		return errors.New("it has more than 100 attributes")
	}
	return p.keep(node, name, value)
}

// keep adds an attribute to a node, or declares a namespace.
func (p *parser) keep(node *Node, name, value string) error {
	if name == "xmlns" || strings.HasPrefix(name, "xmlns:") {
		prefix := strings.TrimPrefix(strings.TrimPrefix(name, "xmlns"), ":")
		if len(p.names) >= 200 || prefix != "" && value == "" {
			return fmt.Errorf("%.100s declares no namespace, or one too many", name)
		}
		p.names = append(p.names, binding{prefix, value})
		return nil
	}
	for _, a := range node.Attrs {
		if a.Local == name {
			return fmt.Errorf("it has the attribute %.100s twice", name)
		}
	}
	node.Attrs = append(node.Attrs, Attr{Local: name, Value: value})
	return nil
}

// resolve gives an element and its attributes their namespaces.
func (p *parser) resolve(node *Node, tag string) (err error) {
	if node.Space, node.Local, err = p.qualified(tag, true); err != nil {
		return err
	}
	for i := range node.Attrs {
		a := &node.Attrs[i]
		if a.Space, a.Local, err = p.qualified(a.Local, false); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) qualified(name string, element bool) (space, local string, err error) {
	prefix, local, prefixed := strings.Cut(name, ":")
	switch {
	case !prefixed && !element:
		return "", name, nil
	case !prefixed:
		prefix, local = "", name
	case prefix == "xml":
		return namespaceXML, local, nil
	case prefix == "" || local == "" || strings.IndexByte(local, ':') >= 0:
		return "", "", fmt.Errorf("%.100q is not a name", name)
	}
	for i := len(p.names) - 1; i >= 0; i-- {
		if p.names[i].prefix == prefix {
			return p.names[i].space, local, nil
		}
	}
	if prefix == "" {
		return "", local, nil
	}
	if prefix == "xmlns" {
		return namespaceXMLNS, local, nil
	}
	return "", "", fmt.Errorf("the prefix of %.100s is not declared", name)
}

// end reads an end tag behind its </.
func (p *parser) end() error {
	tag := p.name()
	p.space()
	if len(p.open) == 0 || p.open[len(p.open)-1].tag != tag || !strings.HasPrefix(p.text[p.at:], ">") {
		return fmt.Errorf("the end tag %.100s closes no element", tag)
	}
	p.at++
	return p.close()
}

func (p *parser) close() error {
	last := len(p.open) - 1
	p.names = p.names[:p.open[last].names]
	p.open = p.open[:last]
	if p.cutter != nil {
		return p.cutter.left(p)
	}
	return nil
}

// name reads a name, which ends where a character follows that names cannot hold.
func (p *parser) name() string {
	name := p.text[p.at:]
	for i := range len(name) {
		if !isName(name[i]) {
			name = name[:i]
			break
		}
	}
	p.at += len(name)
	if name != "" && (name[0] == '-' || name[0] == '.' || '0' <= name[0] && name[0] <= '9') {
		return ""
	}
	return name
}

func (p *parser) space() bool {
	from := p.at
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	return p.at > from
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// isName takes the bytes of names; of those beyond ASCII, all.
func isName(b byte) bool { return ofNames[b] }

// ofNames are the bytes of names.
var ofNames = func() (is [256]bool) {
	for b := range 256 {
		is[b] = 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == ':' || b == '_' || b == '-' || b == '.' || b >= 0x80
	}
	return is
}()

func blank(text string) bool {
	for i := range len(text) {
		if !isSpace(text[i]) {
			return false
		}
	}
	return true
}

// unescaped is text with its references resolved, which are those to characters and the five entities of XML.
func unescaped(raw string) (string, error) {
	if err := allowed(raw); err != nil {
		return "", err
	}
	if strings.Contains(raw, "]]>") {
		return "", errors.New("there is ]]> in a text")
	}
	at := strings.IndexByte(raw, '&')
	if at < 0 {
		return raw, nil
	}
	var b strings.Builder
	b.Grow(len(raw))
	for ; at >= 0; at = strings.IndexByte(raw, '&') {
		b.WriteString(raw[:at])
		name, rest, found := strings.Cut(raw[at+1:], ";")
		r, err := reference(name)
		if err != nil || !found {
			return "", fmt.Errorf("&%.20s is no reference that XML has without a document type", name)
		}
		b.WriteRune(r)
		raw = rest
	}
	b.WriteString(raw)
	return b.String(), nil
}

var errReference = errors.New("not a reference")

// reference is the character that a reference stands for.
func reference(name string) (rune, error) {
	switch name {
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "amp":
		return '&', nil
	case "quot":
		return '"', nil
	case "apos":
		return '\'', nil
	}
	digits, numeric := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !numeric || err != nil || n > utf8.MaxRune || !isCharacter(rune(n)) {
		return 0, errReference
	}
	return rune(n), nil
}

// allowed refuses characters that XML cannot hold.
func allowed(text string) error {
	for i := range len(text) {
		b := text[i]
		if b >= 0x20 && b != 0xef {
			continue
		}
		if b < 0x20 && !isSpace(b) {
			return fmt.Errorf("there is the control character %#02x", b)
		}
		if b == 0xef && i+2 < len(text) && text[i+1] == 0xbf && text[i+2] >= 0xbe { // U+FFFE, U+FFFF
			return errors.New("there is a character that XML does not have")
		}
	}
	return nil
}

// isCharacter is production 2 of XML 1.0.
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || 0x20 <= r && r <= 0xd7ff || 0xe000 <= r && r <= 0xfffd || 0x10000 <= r
}
