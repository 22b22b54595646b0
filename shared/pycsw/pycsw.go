// Package pycsw reads the configuration of pycsw, so that who moves from it points at the file that they have: pycsw.yml of
// 2.0 and later, the INI file of 1.x (pycsw.cfg, default.cfg), and the values of EOEPCA's rm-resource-catalogue chart, which
// hold either of them at pycsw.config. All become one Config. What a file says that has no meaning here is told
// (Config.Ignored), and a key that pycsw does not have is an error with its line.
package pycsw

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"perigee/shared/fault"
)

// Config is what a file says. What it does not say is empty.
type Config struct {
	Server     Server
	Profiles   []string // of CSW: apiso, iso19115p3, ebrim
	Catalogues []Catalogue
	Merge      *bool // whether answers of other catalogues are merged into ours
	Manager    Manager
	Hub        Hub
	Identity   Identification
	License    Named
	Provider   Named
	Contact    Contact
	Inspire    Inspire
	Repository Repository
	Ignored    []Ignored // in the order of the file
}

// Server is the section server.
type Server struct {
	URL          string // that links show
	Language     string // e.g. en-US
	MaxRecords   int    // on a page
	DomainRange  bool   // domainquerytype: range
	DomainCounts bool
	// SpatialRanking orders what is found in a box by how much of it it covers, where nothing else orders it.
	SpatialRanking bool
	Timeout        time.Duration
}

// Catalogue is another catalogue that is searched with ours.
type Catalogue struct {
	ID, Type, Title, URL string // Type: CSW, OARec, STAC-API; empty when it was not told
}

// Manager says who may write.
type Manager struct {
	Transactions bool
	AllowedIPs   []string // addresses, wildcards (192.168.0.*) and prefixes (10.0.0.0/8)
	PageSize     int      // csw_harvest_pagesize
}

// Hub is the broker that changes are told to.
type Hub struct{ Type, URL string }

// Identification says what the service is.
type Identification struct {
	Title, Abstract string
	Keywords        []string
	KeywordsType    string
	Fees            string
	Constraints     string
	Terms           string // of service, a URL
	URL             string
}

// Named is a name with an address.
type Named struct{ Name, URL string }

// Contact is whom to ask.
type Contact struct {
	Name, Position, Address, City, Region, PostCode, Country, Phone, Fax, Email, URL, Hours, Instructions, Role string
}

// Inspire is what the extended capabilities of INSPIRE say.
type Inspire struct {
	Enabled         bool
	Languages       []string // ISO 639-2/B
	DefaultLanguage string
	Date            string
	Keywords        []string // of GEMET
	Conformity      string   // conformant, notConformant, notEvaluated
	ContactName     string
	ContactEmail    string
	Begin, End      string // of the temporal extent
}

// Repository says how records are looked at.
type Repository struct {
	Filter string // a condition in CQL that all records fulfil
	Facets []string
}

// Ignored is a setting that has no meaning here.
type Ignored struct {
	Line int
	Key  string
	Why  string
}

func (i Ignored) String() string { return fmt.Sprintf("line %d: %s: %s", i.Line, i.Key, i.Why) }

// maxSize bounds the bytes of a file.
const maxSize = 256 << 10

// Read reads a file; name is its name in messages. All that is wrong is told at once.
func Read(name string, text []byte) (Config, error) {
	if len(text) > maxSize || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return Config{}, fault.New(fault.Invalid, "%s is larger than %d bytes, or no text in UTF-8", name, maxSize)
	}
	read := readYAML
	if isINI(text) {
		read = readINI
	}
	settings, err := read(name, text)
	if err != nil {
		return Config{}, err
	}
	return apply(name, settings)
}

// setting is one value of a file, at its place in the tree of pycsw.yml.
type setting struct {
	line   int
	key    string // as the file has it
	path   string // server.url
	index  int    // of the element of the innermost list of maps that it is in
	values []string
	list   bool
}

func apply(name string, settings []setting) (c Config, err error) {
	var problems []error
	for _, s := range settings {
		if why, ignored := ignored(s.path); ignored {
			c.Ignored = append(c.Ignored, Ignored{Line: s.line, Key: s.key, Why: why})
			continue
		}
		set, known := meanings[s.path]
		if !known {
			problems = append(problems, fault.At(fault.Invalid, s.key, "%s:%d: pycsw has no setting %q", name, s.line, s.key))
			continue
		}
		if err := set(&c, s); err != nil {
			problems = append(problems, fault.At(fault.Invalid, s.key, "%s:%d: %s: %v", name, s.line, s.key, err))
		}
	}
	if len(problems) > 0 {
		return Config{}, errors.Join(problems...)
	}
	return c, nil
}

// text is the value of a setting that is one text.
func (s setting) text() (string, error) {
	if s.list || len(s.values) != 1 {
		return "", fmt.Errorf("one value is expected, not a list")
	}
	return s.values[0], nil
}

// texts are the values of a list, which may be written with commas.
func (s setting) texts() []string {
	if s.list {
		return s.values
	}
	var all []string
	for part := range strings.SplitSeq(strings.Join(s.values, ","), ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

type meaning func(*Config, setting) error

func textTo(at func(*Config) *string) meaning {
	return func(c *Config, s setting) (err error) {
		*at(c), err = s.text()
		return err
	}
}

func listTo(at func(*Config) *[]string) meaning {
	return func(c *Config, s setting) error {
		*at(c) = s.texts()
		return nil
	}
}

func truthTo(at func(*Config) *bool) meaning {
	return func(c *Config, s setting) error {
		text, err := s.text()
		if err != nil {
			return err
		}
		switch strings.ToLower(text) {
		case "true", "yes", "on", "1":
			*at(c) = true
		case "false", "no", "off", "0", "":
			*at(c) = false
		default:
			return fmt.Errorf("%.60q is neither true nor false", text)
		}
		return nil
	}
}

func numberTo(at func(*Config) *int) meaning {
	return func(c *Config, s setting) error {
		text, err := s.text()
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%.60q is not a number from 1 on", text)
		}
		*at(c) = n
		return nil
	}
}

// federated takes the catalogues that are named by their addresses, in one text or in a list.
func federated(c *Config, s setting) error {
	for _, address := range s.texts() {
		c.Catalogues = append(c.Catalogues, Catalogue{URL: address})
	}
	return nil
}

// ofCatalogue takes what a file says of a catalogue of distributedsearch.
func ofCatalogue(at func(*Catalogue) *string) meaning {
	return func(c *Config, s setting) (err error) {
		for len(c.Catalogues) <= s.index {
			c.Catalogues = append(c.Catalogues, Catalogue{})
		}
		*at(&c.Catalogues[s.index]), err = s.text()
		return err
	}
}

func merge(c *Config, s setting) error {
	c.Merge = new(bool)
	return truthTo(func(c *Config) *bool { return c.Merge })(c, s)
}

func timeout(c *Config, s setting) error {
	var seconds int
	err := numberTo(func(*Config) *int { return &seconds })(c, s)
	c.Server.Timeout = time.Duration(seconds) * time.Second
	return err
}

func domainType(c *Config, s setting) error {
	text, err := s.text()
	if err == nil && !slices.Contains([]string{"list", "range"}, text) {
		err = fmt.Errorf("%.60q is neither list nor range", text)
	}
	c.Server.DomainRange = text == "range"
	return err
}

// extent takes the temporal extent as the INI file has it: begin/end.
func extent(c *Config, s setting) error {
	text, err := s.text()
	c.Inspire.Begin, c.Inspire.End, _ = strings.Cut(text, "/")
	return err
}
