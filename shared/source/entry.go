package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/postprocess"
	"perigee/shared/record"
)

// entry is a harvester as a file or a request writes it, in the keys of either generation of EOEPCA's schema: that of
// EOEPCA 1.1, a list with all of a resource beside its type and the store in `source`, and that of View Server 4, a map
// with a section for each type of resource and the store among `filesystems`. normal writes the first as the second.
type entry struct {
	Name           string      `yaml:"name" json:"name"`
	Resource       resource    `yaml:"resource" json:"resource"`
	Filter         any         `yaml:"filter" json:"filter"`
	Postprocess    any         `yaml:"postprocess" json:"postprocess"`
	Postprocessors any         `yaml:"postprocessors" json:"postprocessors"`
	Queue          string      `yaml:"queue" json:"queue"`
	Mode           string      `yaml:"mode" json:"mode"`             // a key of our own: register or replace
	Continuous     *continuous `yaml:"continuous" json:"continuous"` // a key of our own
}

// continuous is the moving window of a harvester; timewindow_hours is the word of EOEPCA's registration harvester.
type continuous struct {
	Begin           loose   `yaml:"begin" json:"begin"`
	Window          loose   `yaml:"window" json:"window"`
	TimewindowHours float64 `yaml:"timewindow_hours" json:"timewindow_hours"`
	Overlap         loose   `yaml:"overlap" json:"overlap"`
	Delay           loose   `yaml:"delay" json:"delay"`
}

// loose is a text that may be written as a number, as YAML takes a year for one.
type loose string

// UnmarshalJSON takes a text or a number.
func (l *loose) UnmarshalJSON(text []byte) error {
	var said any
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	if err := in.Decode(&said); err != nil {
		return err
	}
	switch said := said.(type) {
	case nil:
	case string:
		*l = loose(said)
	case json.Number:
		*l = loose(said)
	default:
		return fault.New(fault.Invalid, "%s is no text", text)
	}
	return nil
}

type resource struct {
	Type string `yaml:"type" json:"type"`

	URL          string       `yaml:"url" json:"url"` // to collection_id: the first generation
	FormatConfig formatConfig `yaml:"format_config" json:"format_config"`
	Query        query        `yaml:"query" json:"query"`
	RootPath     string       `yaml:"root_path" json:"root_path"`
	CollectionID string       `yaml:"collection_id" json:"collection_id"`
	Pattern      string       `yaml:"pattern" json:"pattern"`
	Source       s3source     `yaml:"source" json:"source"`

	OpenSearch  service `yaml:"opensearch" json:"opensearch"`
	OData       service `yaml:"odata" json:"odata"`
	STACAPI     service `yaml:"stacapi" json:"stacapi"`
	STACCatalog files   `yaml:"staccatalog" json:"staccatalog"`
	Records     service `yaml:"ogcapirecords" json:"ogcapirecords"`
	Features    service `yaml:"ogcapifeatures" json:"ogcapifeatures"`
	CSW         service `yaml:"csw" json:"csw"`
	FileScheme  files   `yaml:"filescheme" json:"filescheme"`
}

// files is where a static catalogue or files lie.
type files struct {
	Filesystem   string `yaml:"filesystem" json:"filesystem"`
	RootPath     string `yaml:"root_path" json:"root_path"`
	CollectionID string `yaml:"collection_id" json:"collection_id"`
	Pattern      string `yaml:"pattern" json:"pattern"`
}

// service is how a service is asked.
type service struct {
	URL        string    `yaml:"url" json:"url"`
	Filesystem string    `yaml:"filesystem" json:"filesystem"` // of type http: its credentials
	Format     formatted `yaml:"format" json:"format"`
	Query      query     `yaml:"query" json:"query"`
	Method     string    `yaml:"method" json:"method"`
	PageSize   int       `yaml:"page_size" json:"page_size"`
	SortBy     []string  `yaml:"sortby" json:"sortby"`
	Update     bool      `yaml:"update_collections" json:"update_collections"`
	Version    string    `yaml:"version" json:"version"`
	Schema     string    `yaml:"output_schema" json:"output_schema"`
}

type formatted struct {
	Type string  `yaml:"type" json:"type"`
	JSON mapping `yaml:"json" json:"json"`
}

type mapping struct {
	PropertyMapping map[string]string `yaml:"property_mapping" json:"property_mapping"`
}

type formatConfig struct {
	Type            string            `yaml:"type" json:"type"`
	PropertyMapping map[string]string `yaml:"property_mapping" json:"property_mapping"`
}

type query struct {
	Time struct {
		Property loose `yaml:"property" json:"property"`
		Begin    loose `yaml:"begin" json:"begin"`
		End      loose `yaml:"end" json:"end"`
	} `yaml:"time" json:"time"`
	Collection  any            `yaml:"collection" json:"collection"`
	Collections any            `yaml:"collections" json:"collections"`
	BBox        any            `yaml:"bbox" json:"bbox"` // w,s,e,n, or a list
	ExtraParams map[string]any `yaml:"extra_params" json:"extra_params"`
}

// The modes of a registration, and the names of the queue of items that EOEPCA's configurations use.
const (
	modeRegister = "register"
	modeReplace  = "replace"
	queue        = "register_queue"
	queueAlias   = "register"
)

// otherQueues are those of the original that take something else than items.
var otherQueues = []string{
	"seed_queue", "harvester_queue", "register_path_queue", "register_collection_queue", "register_ades_queue", "register_application_queue", "register_catalogue_queue",
	"register_xml_queue",
}

// queueName is what queues are called, which become attributes of events.
var queueName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// queueOf is a queue that is not that of items.
func queueOf(name string) string {
	if name == queue || name == queueAlias {
		return ""
	}
	return name
}

const maxPageSize = 10_000

// service is the section of the resource's type, when it is a service.
func (r resource) service() service {
	return map[string]service{
		TypeOpenSearch: r.OpenSearch, TypeOData: r.OData, TypeSTACAPI: r.STACAPI, TypeRecords: r.Records, TypeFeatures: r.Features, TypeCSW: r.CSW,
	}[r.Type]
}

// files is the section of the resource's type, when it is files.
func (r resource) files() files {
	return map[string]files{TypeSTACCatalog: r.STACCatalog, TypeFileScheme: r.FileScheme}[r.Type]
}

// isFiles tells whether a resource is files, not a service.
func (r resource) isFiles() bool { return r.Type == TypeSTACCatalog || r.Type == TypeFileScheme }

func (r resource) filesystem() string { return cmp.Or(r.service().Filesystem, r.files().Filesystem) }

// others are the sections of other types than the resource's that say something.
func (r resource) others() (names []string) {
	said := map[string]bool{
		TypeOpenSearch: !r.OpenSearch.isZero(), TypeOData: !r.OData.isZero(), TypeSTACAPI: !r.STACAPI.isZero(), TypeRecords: !r.Records.isZero(),
		TypeFeatures: !r.Features.isZero(), TypeCSW: !r.CSW.isZero(), TypeSTACCatalog: r.STACCatalog != files{}, TypeFileScheme: r.FileScheme != files{},
	}
	for _, name := range types() {
		if said[name] && name != r.Type {
			names = append(names, name)
		}
	}
	return names
}

func (s service) isZero() bool {
	return s.URL == "" && s.Filesystem == "" && s.Format.Type == "" && s.Method == "" && s.PageSize == 0 && s.Version == "" && s.Schema == ""
}

// problem is what is wrong with a configuration, and at which key.
type problem struct{ at, text string }

func wrong(at, format string, args ...any) *problem {
	return &problem{at, fmt.Sprintf(format, args...)}
}

// problem tells the first thing that is wrong with an entry in the keys of the second generation.
func (e entry) problem(filesystems map[string]filesystem) *problem {
	r := e.Resource
	section := "resource." + strings.ToLower(r.Type)
	f, known := filesystems[r.filesystem()]
	switch {
	case !slices.Contains(types(), r.Type):
		return wrong("resource.type", "the type of resource %q is none of %s", r.Type, strings.Join(types(), ", "))
	case len(r.others()) > 0:
		return wrong("resource."+strings.ToLower(r.others()[0]), "the resource is of the type %s, not %s", r.Type, r.others()[0])
	case r.filesystem() != "" && !known:
		return wrong(section+".filesystem", "there is no %q among filesystems", r.filesystem())
	case r.filesystem() != "" && r.Source != (s3source{}):
		return wrong("resource.source", "the store is given twice, here and as a filesystem")
	case r.Source != (s3source{}) && !r.isFiles():
		return wrong("resource.source", "a resource of the type %s has no source: its credentials are a filesystem of the type http", r.Type)
	case r.filesystem() != "" && !r.isFiles() && f.kind() != KindHTTP:
		return wrong(section+".filesystem", "the filesystem %q of a service is of the type %s, not http", r.filesystem(), f.Type)
	case slices.Contains(otherQueues, e.Queue) || strings.HasPrefix(e.Queue, "deregister"):
		return wrong("queue", "the queue is %q, which takes no items: %s does, and that of any route of items or of JSON", e.Queue, queue)
	case e.Queue != "" && !queueName.MatchString(e.Queue):
		return wrong("queue", "the queue is %.100q, which is no name of one", e.Queue)
	case e.Mode != "" && e.Mode != modeRegister && e.Mode != modeReplace:
		return wrong("mode", "the mode is %q, not %s or %s", e.Mode, modeRegister, modeReplace)
	}
	if p := r.Source.problem(); p != nil {
		return p
	}
	if _, err := readFilter(e.Filter); err != nil {
		return wrong("filter", "%v", err)
	}
	if _, err := postprocess.Read(e.Postprocessors); err != nil {
		at := fault.LocatorOf(fault.All(err)[0])
		return wrong("postprocessors"+at, "%s", strings.TrimPrefix(err.Error(), at+" "))
	}
	if _, p := e.Continuous.read(); p != nil {
		return p
	}
	if r.isFiles() && e.Continuous != nil {
		return wrong("continuous", "a %s is not asked for a time", r.Type)
	}
	if r.isFiles() {
		return r.files().problem(section, r.Type)
	}
	if e.Continuous != nil && (r.service().Query.Time.Begin != "" || r.service().Query.Time.End != "") {
		return wrong(section+".query.time", "the harvester is continuous: its time is no query's to say")
	}
	return r.service().problem(section, r.Type)
}

func (f files) problem(section, typed string) *problem {
	switch {
	case f.Pattern != "" && typed != TypeFileScheme:
		return wrong(section+".pattern", "a %s has no pattern", typed)
	case typed == TypeFileScheme && f.Pattern == "":
		return wrong(section+".pattern", "the pattern of the files is missing, such as *.SAFE/ or **/*_MTL.xml")
	case typed == TypeFileScheme && !validPattern(f.Pattern):
		return wrong(section+".pattern", "%q is no pattern: * stands for all but /, ** for all, ? for one sign", f.Pattern)
	case len(f.RootPath) > maxAddress:
		return wrong(section+".root_path", "root_path is longer than %d bytes", maxAddress)
	}
	return nil
}

func (s service) problem(section, typed string) *problem {
	switch {
	case !isWeb(s.URL):
		return wrong(section+".url", "the url is %q, not an address of http or https", s.URL)
	case len(s.URL) > maxAddress:
		return wrong(section+".url", "the url is longer than %d bytes", maxAddress)
	case s.Method != "" && (typed != TypeSTACAPI || s.Method != "GET" && s.Method != "POST"):
		return wrong(section+".method", "the method is %q: it is GET or POST, of a %s", s.Method, TypeSTACAPI)
	case len(s.SortBy) > 0 && typed != TypeSTACAPI:
		return wrong(section+".sortby", "only a %s is asked for an order", TypeSTACAPI)
	case s.Update && typed != TypeSTACAPI:
		return wrong(section+".update_collections", "only a %s has collections to update", TypeSTACAPI)
	case s.PageSize < 0 || s.PageSize > maxPageSize:
		return wrong(section+".page_size", "the page_size is %d, not 1 to %d", s.PageSize, maxPageSize)
	case s.Version != "" && (typed != TypeCSW || s.Version != "2.0.2" && s.Version != "3.0.0"):
		return wrong(section+".version", "the version is %q: it is 2.0.2 or 3.0.0, of a %s", s.Version, TypeCSW)
	case s.Schema != "" && typed != TypeCSW:
		return wrong(section+".output_schema", "only a %s is asked for a schema", TypeCSW)
	}
	_, p := s.Query.read()
	if p != nil {
		p.at = section + ".query." + p.at
	}
	return p
}

// read reads a query, or tells what is wrong with it.
func (q query) read() (Query, *problem) {
	read := Query{Property: string(q.Time.Property), Extra: map[string]string{}}
	var p *problem
	if read.Begin, p = instant("time.begin", q.Time.Begin, false); p != nil {
		return read, p
	}
	if read.End, p = instant("time.end", q.Time.End, true); p != nil {
		return read, p
	}
	if !read.Begin.IsZero() && !read.End.IsZero() && read.End.Before(read.Begin) {
		return read, wrong("time.end", "the end %s lies before the begin %s", q.Time.End, q.Time.Begin)
	}
	if read.BBox, p = box(q.BBox); p != nil {
		return read, p
	}
	for at, value := range map[string]any{"collection": q.Collection, "collections": q.Collections} {
		names, ok := texts(value)
		if !ok {
			return read, wrong(at, "%v is neither a name nor a list of names", value)
		}
		read.Collections = append(read.Collections, names...)
	}
	for name, value := range q.ExtraParams {
		text, ok := scalar(value)
		if !ok {
			return read, wrong("extra_params."+name, "%v is not a value", value)
		}
		read.Extra[name] = text
	}
	return read, nil
}

// instant reads a time, or a date, which stands for the beginning of its day or its end.
func instant(at string, said loose, end bool) (time.Time, *problem) {
	text := string(said)
	if text == "" {
		return time.Time{}, nil
	}
	i, err := record.ParseInterval(text)
	if err != nil {
		return time.Time{}, wrong(at, "%q is not a time", text)
	}
	if end {
		return i.End.UTC(), nil
	}
	return i.Start.UTC(), nil
}

// box reads west, south, east and north, as a text or a list.
func box(value any) ([]float64, *problem) {
	var parts []string
	switch value := value.(type) {
	case nil:
		return nil, nil
	case string:
		if value == "" {
			return nil, nil
		}
		parts = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	case []any:
		for _, one := range value {
			text, _ := scalar(one)
			parts = append(parts, text)
		}
	}
	if len(parts) != 4 {
		return nil, wrong("bbox", "the bbox %v is not west, south, east, north", value)
	}
	numbers := make([]float64, 4)
	for i, part := range parts {
		n, err := strconv.ParseFloat(part, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, wrong("bbox", "%q of the bbox is not a number", part)
		}
		numbers[i] = n
	}
	if numbers[1] > numbers[3] || numbers[1] < -90 || numbers[3] > 90 || max(math.Abs(numbers[0]), math.Abs(numbers[2])) > 180 {
		return nil, wrong("bbox", "the bbox %v is not on earth, or its south lies above its north", value)
	}
	return numbers, nil
}

// texts reads a name or a list of names.
func texts(value any) ([]string, bool) {
	switch value := value.(type) {
	case nil:
		return nil, true
	case string:
		if value == "" {
			return nil, true
		}
		return []string{value}, true
	case []any:
		var all []string
		for _, one := range value {
			text, ok := one.(string)
			if !ok || text == "" {
				return nil, false
			}
			all = append(all, text)
		}
		return all, true
	}
	return nil, false
}

// scalar writes a single value.
func scalar(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(value), true
	}
	return "", false
}

// isEmpty tells whether a value of any form says nothing.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// read reads how a harvester goes on.
func (c *continuous) read() (*Continuous, *problem) {
	if c == nil {
		return nil, nil
	}
	read := &Continuous{Window: time.Duration(c.TimewindowHours * float64(time.Hour))}
	var p *problem
	if read.Begin, p = instant("continuous.begin", c.Begin, false); p != nil {
		return nil, p
	}
	for _, d := range []struct {
		at   string
		text loose
		into *time.Duration
	}{{"window", c.Window, &read.Window}, {"overlap", c.Overlap, &read.Overlap}, {"delay", c.Delay, &read.Delay}} {
		if d.text == "" {
			continue
		}
		span, err := time.ParseDuration(string(d.text))
		if err != nil || span < 0 {
			return nil, wrong("continuous."+d.at, "%q is not a time such as 24h or 90m", d.text)
		}
		*d.into = span
	}
	if read.Window <= 0 {
		return nil, wrong("continuous.window", "the longest time of one run is missing, such as 24h")
	}
	return read, nil
}

// harvester makes the model of an entry that has no problem.
func (e entry) harvester(filesystems map[string]filesystem) Harvester {
	r, s, f := e.Resource, e.Resource.service(), e.Resource.files()
	takes, _ := readFilter(e.Filter)
	var text []byte
	if takes != nil {
		text, _ = json.Marshal(e.Filter) // which was read so
	}
	chain, _ := postprocess.Read(e.Postprocessors)
	asked, _ := s.Query.read()
	going, _ := e.Continuous.read()
	h := Harvester{
		Name: e.Name, Type: r.Type, Filter: takes, FilterText: text, Chain: chain, Queue: queueOf(e.Queue), Mode: cmp.Or(e.Mode, modeRegister), Continuous: going,
		RootPath: f.RootPath, Collection: f.CollectionID, Pattern: f.Pattern, URL: s.URL, Query: asked,
		Service: Service{MediaType: s.Format.Type, Mapping: s.Format.JSON.PropertyMapping, Method: s.Method, PageSize: s.PageSize, SortBy: s.SortBy, Collections: s.Update, Version: s.Version, Schema: s.Schema},
		Store:   r.Source.store(),
	}
	if named, ok := filesystems[r.filesystem()]; ok {
		h.Store = named.store()
	}
	if r.isFiles() {
		h.RootPath = cmp.Or(f.RootPath, "/")
	}
	return h
}
