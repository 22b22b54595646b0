package oaipmh

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"perigee/shared/ows"
)

// The verbs.
const (
	verbIdentify = "Identify"
	verbFormats  = "ListMetadataFormats"
	verbSets     = "ListSets"
	verbHeaders  = "ListIdentifiers"
	verbRecords  = "ListRecords"
	verbRecord   = "GetRecord"
)

// arguments are those that a verb takes, and of these the ones that it needs.
var arguments = map[string]struct{ takes, needs []string }{
	verbIdentify: {},
	verbFormats:  {takes: []string{"identifier"}},
	verbSets:     {takes: []string{"resumptionToken"}},
	verbHeaders:  {takes: []string{"from", "until", "metadataPrefix", "set", "resumptionToken"}, needs: []string{"metadataPrefix"}},
	verbRecords:  {takes: []string{"from", "until", "metadataPrefix", "set", "resumptionToken"}, needs: []string{"metadataPrefix"}},
	verbRecord:   {takes: []string{"identifier", "metadataPrefix"}, needs: []string{"identifier", "metadataPrefix"}},
}

// names are those of all arguments, in the order in which they are repeated.
var names = []string{"verb", "identifier", "metadataPrefix", "from", "until", "set", "resumptionToken"}

// lastYear is the last one that dates of the protocol and of the catalogue can say.
const lastYear = 9999

// maxForm bounds the bytes of a form.
const maxForm = 64 << 10

// request is what was asked, with what its resumption token stands for.
type request struct {
	verb       string
	arguments  url.Values // as they were sent, to be repeated
	identifier string
	format     Format
	set        string
	from       time.Time
	before     time.Time // exclusive
	resumed    bool      // there was a resumption token
	after      string    // where it goes on
	done       int       // records that came before
	total      int       // records of the whole list
}

// read takes a request apart. All that is wrong with it is told at once (clause 3.6).
func (h handler) read(r *http.Request) (q request, problems []problem) {
	values, err := form(r)
	if err != nil {
		return q, []problem{badArgument("%v", err)}
	}
	verbs := values["verb"]
	if len(verbs) != 1 {
		return q, []problem{{Code: "badVerb", Text: "a request has the argument verb exactly once"}}
	}
	rules, known := arguments[verbs[0]]
	if !known {
		return q, []problem{{Code: "badVerb", Text: "the protocol has no verb " + quoted(verbs[0])}}
	}
	q.verb, q.arguments = verbs[0], values
	for name, given := range values {
		switch {
		case name == "verb":
		case !slices.Contains(rules.takes, name):
			problems = append(problems, badArgument("%s takes no argument %s", q.verb, quoted(name)))
		case len(given) > 1:
			problems = append(problems, badArgument("the argument %s comes %d times", name, len(given)))
		case !utf8.ValidString(given[0]) || strings.ContainsFunc(given[0], func(r rune) bool { return r < ' ' }):
			problems = append(problems, badArgument("the argument %s is not a text", name))
		}
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b problem) int { return strings.Compare(a.Text, b.Text) })
		return q, problems
	}
	if values.Has("resumptionToken") {
		return h.resume(q)
	}
	for _, name := range rules.needs {
		if values.Get(name) == "" {
			problems = append(problems, badArgument("%s needs the argument %s", q.verb, name))
		}
	}
	return h.parse(q, problems)
}

// form gives the arguments of a request, wherever they stand.
func form(r *http.Request) (url.Values, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/x-www-form-urlencoded" {
			return nil, fmt.Errorf("a request that is posted is a form (application/x-www-form-urlencoded), not %s", quoted(media))
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		if err != nil {
			return nil, fmt.Errorf("the form could not be read: %w", err)
		}
		if len(body) > maxForm {
			return nil, fmt.Errorf("the form has more than %d bytes", maxForm)
		}
		text = strings.Trim(text+"&"+string(body), "&")
	}
	values, err := ows.ParseQuery(text)
	if err != nil {
		return nil, fmt.Errorf("the arguments cannot be read: %w", err)
	}
	return named(values), nil
}

// named are arguments by the names of the protocol, in whatever case they came: metadataprefix. Without mode, by which the address of the catalogue
// chooses this protocol.
func named(values url.Values) url.Values {
	all := make(url.Values, len(values))
	for name, given := range values {
		if strings.EqualFold(name, "mode") {
			continue
		}
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		if i >= 0 {
			name = names[i]
		}
		all[name] = append(all[name], given...)
	}
	return all
}

// parse reads the arguments of a request that has no resumption token.
func (h handler) parse(q request, problems []problem) (request, []problem) {
	q.identifier, q.set = q.arguments.Get("identifier"), q.arguments.Get("set")
	if prefix := q.arguments.Get("metadataPrefix"); prefix != "" {
		var known bool
		if q.format, known = h.format(prefix); !known {
			problems = append(problems, problem{Code: "cannotDisseminateFormat", Text: "there is no format " + quoted(prefix) + "; ListMetadataFormats lists them"})
		}
	}
	from, until := q.arguments.Get("from"), q.arguments.Get("until")
	if from != "" && until != "" && len(from) != len(until) {
		problems = append(problems, badArgument("from and until are both days or both instants"))
	}
	var err error
	if q.from, _, err = parseStamp(from); err != nil {
		problems = append(problems, badArgument("from: %v", err))
	}
	var length time.Duration
	if q.before, length, err = parseStamp(until); err != nil {
		problems = append(problems, badArgument("until: %v", err))
	}
	if !q.before.IsZero() {
		q.before = q.before.Add(length)
	}
	if q.from.Year() < 1 { // before all times that there are
		q.from = time.Time{}
	}
	if q.before.Year() > lastYear { // until the end of all times
		q.before = time.Time{}
	}
	if !q.from.IsZero() && !q.before.IsZero() && !q.from.Before(q.before) {
		problems = append(problems, badArgument("from %s is later than until %s", from, until))
	}
	return q, problems
}

func (h handler) format(prefix string) (Format, bool) {
	i := slices.IndexFunc(h.formats, func(f Format) bool { return f.Prefix == prefix })
	if i < 0 {
		return Format{}, false
	}
	return h.formats[i], true
}

// resume takes what an earlier part of a list was asked with from its token.
func (h handler) resume(q request) (request, []problem) {
	if len(q.arguments) > 2 {
		return q, []problem{badArgument("a resumptionToken is the only argument beside the verb")}
	}
	t, ok := parseToken(q.arguments.Get("resumptionToken"))
	if !ok {
		return q, []problem{badToken()}
	}
	if q.verb != verbSets {
		if q.format, ok = h.format(t.Prefix); !ok || t.Verb != q.verb {
			return q, []problem{badToken()}
		}
	}
	q.resumed, q.after, q.done, q.total, q.set = true, t.After, t.Done, t.Total, t.Set
	if t.From != 0 {
		q.from = time.Unix(t.From, 0)
	}
	if t.Before != 0 {
		q.before = time.Unix(t.Before, 0)
	}
	return q, nil
}

// parseStamp reads a date and tells how long it lasts: a day or a second.
func parseStamp(text string) (at time.Time, length time.Duration, err error) {
	switch len(text) {
	case 0:
		return at, 0, nil
	case len(day):
		at, err = time.Parse(day, text)
		length = 24 * time.Hour
	default:
		at, err = time.Parse(granularity, text)
		length = time.Second
	}
	if err != nil {
		return at, 0, fmt.Errorf("%s is not a date as 2024-05-31 or 2024-05-31T10:20:30Z", quoted(text))
	}
	return at, length, nil
}

func stamp(t time.Time) string { return t.UTC().Format(granularity) }

// quoted quotes a text of a stranger, no longer than is useful.
func quoted(text string) string {
	if len(text) > 100 {
		text = text[:100] + "…"
	}
	return strconv.Quote(strings.ToValidUTF8(text, "�"))
}
