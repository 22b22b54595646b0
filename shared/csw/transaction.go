package csw

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"strings"

	"perigee/shared/capabilities"
	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/iso19139"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// action is one part of a Transaction (07-006r1, clause 10.11; 12-176r7, clause 7.8).
type action struct {
	Name       string // Insert, Update, Delete
	Handle     string
	Documents  []ows.Fragment // of the records to be inserted, or the one that takes the place of another
	Properties []recordProperty
	Filter     filter.Expr
}

// actionXML is csw:Insert, csw:Update or csw:Delete.
type actionXML struct {
	Handle     string           `xml:"handle,attr"`
	TypeName   string           `xml:"typeName,attr"`
	Properties []recordProperty `xml:"RecordProperty"`
	Constraint *constraint      `xml:"Constraint"`
}

// recordProperty is csw:RecordProperty: a property and its new value, nil for none.
type recordProperty struct {
	Name  string  `xml:"Name"`
	Value *string `xml:"Value"`
}

// transactionXML is csw:Transaction. ResponseHandler is in no version's schema of it; pycsw takes it as in the other operations.
type transactionXML struct {
	RequestID string   `xml:"requestId,attr"`
	Verbose   string   `xml:"verboseResponse,attr"`
	Handlers  []string `xml:"ResponseHandler"`
}

// terse tells whether the records that are made are not to be told. Where a request does not say they are, for clients read their
// identifiers there.
func (x transactionXML) terse() bool {
	verbose := strings.TrimSpace(x.Verbose)
	return verbose == "false" || verbose == "0"
}

// planned is a change with what it counts as.
type planned struct {
	change transaction.Change
	action *action
	brief  record.Record // of what is inserted
}

// transaction does Transaction. All changes are made together: when one is refused, none is made. Where its answer is to be sent to handlers,
// it is acknowledged when it is done, so that nothing is done twice, and refused at once.
func (h handler) transaction(q *request) (ows.Document, error) {
	if err := h.mayPublish(q.Request); err != nil {
		return ows.Document{}, err
	}
	var x transactionXML
	actions := parseActions(q, &x)
	x.Handlers = h.handlers(q.p, x.Handlers)
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	answer, err := h.transact(q, actions, x)
	if err != nil {
		return ows.Document{}, err
	}
	return h.sent(q, x.Handlers, x.RequestID, answer)
}

// transact has the actions of a transaction done.
func (h handler) transact(q *request, actions []action, x transactionXML) (ows.Document, error) {
	var all []planned
	for i := range actions {
		some, err := h.plan(q, &actions[i], transaction.MaxChanges-len(all), !x.terse())
		q.p.Fail(err)
		all = append(all, some...)
	}
	q.p.Fail(checkOnce(all))
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	done, err := h.apply(q.Request, all)
	if err != nil {
		return ows.Document{}, explained(all, err)
	}
	response := newTransactionResponse(q.edition, "Transaction", x.RequestID, done)
	if x.terse() {
		response.Results = nil
	}
	return document(response)
}

// mayPublish is why who asks may not write: the scope, or what the service says of its callers.
func (h handler) mayPublish(r *http.Request) error {
	if h.Publisher != nil {
		if err := h.Publisher(r); err != nil {
			return err
		}
	}
	return scope.FromContext(r.Context()).Scope.MayWrite()
}

// parseActions reads a transaction and its parts; everything that is wrong is noted.
func parseActions(q *request, x *transactionXML) []action {
	parts, rest, err := ows.Cut(q.body, isPart)
	q.p.Fail(err)
	q.p.Fail(ows.DecodeXML(rest, x))
	var all []action
	for i, part := range parts {
		a, err := parseAction(q.edition, part, q.documents[i])
		q.p.Fail(err)
		all = append(all, a)
	}
	if len(parts) == 0 {
		q.p.Fail(ows.MissingParameterValue.At(fault.Invalid, "Transaction", "the transaction holds no Insert, Update or Delete"))
	}
	return all
}

// isTransaction tells whether a request is one, by its root element.
func isTransaction(root xml.Name) bool {
	return root.Local == "Transaction" && editionIn(root.Space) != nil
}

// isPart tells whether an element of a transaction, by the names on the way to it, is one of its actions.
func isPart(path []xml.Name) bool { return len(path) == 2 && path[1].Local != "ResponseHandler" }

// takeDocuments takes the documents out of a transaction, by its actions, and gives what is left of it. They may be very many, and
// are looked at no closer than it takes to find where they end: each is read once, where it is decoded.
func takeDocuments(document []byte) (by [][]ows.Fragment, rest []byte, err error) {
	var of []int // the actions that documents belong to
	found, rest, err := ows.Cut(document, func(path []xml.Name) bool {
		if isPart(path) {
			by = append(by, nil)
		}
		if len(path) != 3 || !isPart(path[:2]) || path[2].Local == "RecordProperty" || path[2].Local == "Constraint" {
			return false
		}
		of = append(of, len(by)-1)
		return true
	})
	if err != nil {
		return nil, nil, err
	}
	for i, d := range found {
		by[of[i]] = append(by[of[i]], d)
	}
	return by, rest, nil
}

func parseAction(e *edition, part ows.Fragment, documents []ows.Fragment) (action, error) {
	a := action{Name: part.Name.Local, Documents: documents}
	var x actionXML
	if err := ows.DecodeXML(part.Document, &x); err != nil {
		return a, err
	}
	var err error
	a.Handle, a.Properties = x.Handle, x.Properties
	if x.Constraint != nil {
		if a.Filter, err = x.Constraint.parse(); err != nil {
			return a, err
		}
	}
	if x.TypeName != "" && !hasType(schemas(e), x.TypeName) {
		if !strings.Contains(x.TypeName, "/") { // it may also be the name of a schema
			return a, ows.Invalid("typeName", "there are no records of the type %q", x.TypeName)
		}
	}
	return a, a.check(x.Constraint != nil)
}

// check tells what an action lacks. One without a condition would change every record.
func (a action) check(constrained bool) error {
	switch {
	case a.Name == "Insert" && len(a.Documents) == 0:
		return ows.MissingParameterValue.At(fault.Invalid, "Insert", "Insert holds no record")
	case a.Name == "Insert":
		return nil
	case a.Name != "Update" && a.Name != "Delete":
		return ows.Invalid("Transaction", "%q is not Insert, Update or Delete", a.Name)
	case a.Name == "Update" && len(a.Documents) == 1 && len(a.Properties) == 0:
		return nil
	case a.Name == "Update" && (len(a.Documents) > 0 || len(a.Properties) == 0):
		return ows.Invalid("Update", "Update holds one record, or RecordProperty and Constraint")
	case !constrained:
		return ows.MissingParameterValue.At(fault.Invalid, "Constraint", "%s has no Constraint, without which it would be about every record", a.Name)
	}
	return nil
}

// explained is why a transaction is refused: what is wrong with a document, where it was not read before.
func explained(all []planned, err error) error {
	if !fault.KindOf(err).Permanent() {
		return err
	}
	for i := range all {
		p := &all[i]
		if p.change.Operation != transaction.Create || p.change.ID != "" {
			continue
		}
		r, wrong := decode(p.change.Document)
		if wrong != nil {
			return wrong
		}
		p.change.ID, p.brief = r.ID, r
	}
	return cmp.Or(checkOnce(all), err)
}

// plan makes the changes of an action, at most so many; told are the records that are inserted.
func (h handler) plan(q *request, a *action, most int, told bool) ([]planned, error) {
	var all []planned
	var err error
	switch {
	case a.Name == "Insert":
		all, err = insert(a, told)
	case len(a.Documents) > 0:
		all, err = h.replace(q, a)
	default:
		all, err = h.change(q, a, most)
	}
	if err == nil && len(all) > most {
		err = ows.Invalid(a.Name, "a transaction changes at most %d records", transaction.MaxChanges)
	}
	return all, err
}

// insert creates records. Where nobody wants to be told of them they are read by who writes them only.
func insert(a *action, told bool) ([]planned, error) {
	var all []planned
	for _, d := range offering(a.Documents) {
		var r record.Record
		if told {
			var err error
			if r, err = decode(d.Document); err != nil {
				return nil, err
			}
		}
		all = append(all, planned{transaction.Change{
			Operation: transaction.Create, Kind: transaction.Record, ID: r.ID, MediaType: mediaXML, Document: d.Document, // its parent may come later
		}, a, r})
	}
	return all, nil
}

// offering takes capabilities of services for what they offer: each becomes the metadata of the service and of all that it has.
func offering(documents []ows.Fragment) []ows.Fragment {
	var all []ows.Fragment
	for _, d := range documents {
		if metadata.ByRoot(d.Name) != nil {
			all = append(all, d)
			continue
		}
		found, err := capabilities.Decode(d.Document, "")
		if err != nil { // it is something else
			all = append(all, d)
			continue
		}
		for i := range found {
			all = append(all, ows.Fragment{Name: xml.Name{Space: iso19139.Namespace, Local: "MD_Metadata"}, Document: iso19139.Append(nil, &found[i], dublincore.Full)})
		}
	}
	return all
}

// replace puts a record into the place of the one that has its identifier. Where none has, nothing is changed.
func (h handler) replace(q *request, a *action) ([]planned, error) {
	r, err := decode(a.Documents[0].Document)
	if err != nil {
		return nil, err
	}
	in := scope.FromContext(q.Context()).Scope
	found, err := h.Store.ByID(q.Context(), in.In(in.Workspace), r.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []planned{{change: transaction.Change{
		Operation: transaction.Replace, Kind: transaction.Record, Collection: found.Collection, ID: r.ID, MediaType: mediaXML, Versions: []string{found.Version},
		Document: a.Documents[0].Document,
	}, action: a}}, nil
}

// change changes properties of, or deletes, the records that fulfil a condition, as they are found: one that changes meanwhile
// is left alone, and with it the whole transaction.
func (h handler) change(q *request, a *action, most int) ([]planned, error) {
	in := scope.FromContext(q.Context()).Scope
	found, _, err := h.Store.Find(q.Context(), in.In(in.Workspace), Query{Filter: a.Filter, Limit: most + 1, Uncounted: true, Documents: a.Name == "Update"})
	if err != nil {
		return nil, err
	}
	all := make([]planned, len(found))
	for i, r := range found {
		c := transaction.Change{Operation: transaction.Delete, Kind: transaction.Record, Collection: r.Collection, ID: r.ID, Versions: []string{r.Version}}
		if a.Name == "Update" {
			if c, err = updated(r, a.Properties); err != nil {
				return nil, err
			}
		}
		all[i] = planned{change: c, action: a}
	}
	return all, nil
}

// checkOnce tells of a record that a transaction changes more than once: its parts do not see each other.
func checkOnce(all []planned) error {
	seen := map[record.Key]bool{}
	for _, p := range all {
		if p.change.ID == "" { // not read yet; register refuses it the second time
			continue
		}
		key := record.Key{Collection: cmp.Or(p.change.Collection, p.brief.Collection), ID: p.change.ID}
		if seen[key] {
			return ows.Invalid(p.action.Name, "the record %q is changed more than once in one transaction", key.ID)
		}
		seen[key] = true
	}
	return nil
}

// apply has the changes made.
func (h handler) apply(r *http.Request, all []planned) ([]planned, error) {
	if len(all) == 0 {
		return nil, nil
	}
	changes := make([]transaction.Change, len(all))
	for i, p := range all {
		changes[i] = p.change
	}
	_, err := h.Transactions.ApplyAll(r, changes)
	return all, err
}

// transactionResponse is csw:TransactionResponse.
type transactionResponse struct {
	XMLName xml.Name   `xml:"csw:TransactionResponse"`
	Root    []xml.Attr `xml:",any,attr"`
	Summary transactionSummary
	Results []insertResult
}

type transactionSummary struct {
	XMLName   xml.Name `xml:"csw:TransactionSummary"`
	RequestID string   `xml:"requestId,attr,omitempty"`
	Inserted  int      `xml:"csw:totalInserted"`
	Updated   int      `xml:"csw:totalUpdated"`
	Deleted   int      `xml:"csw:totalDeleted"`
}

// insertResult is csw:InsertResult: the records that an Insert made.
type insertResult struct {
	XMLName xml.Name `xml:"csw:InsertResult"`
	Handle  string   `xml:"handleRef,attr,omitempty"`
	Records []byte   `xml:",innerxml"`
}

func newTransactionResponse(e *edition, operation, requestID string, done []planned) transactionResponse {
	r := transactionResponse{Root: e.answer(operation, "version", e.number), Summary: transactionSummary{RequestID: requestID}}
	var last *action
	for _, p := range done {
		switch p.action.Name {
		case "Update":
			r.Summary.Updated++
		case "Delete":
			r.Summary.Deleted++
		default:
			r.Summary.Inserted++
			if p.action != last {
				last, r.Results = p.action, append(r.Results, insertResult{Handle: p.action.Handle})
			}
			of := &r.Results[len(r.Results)-1]
			of.Records = e.brief(of.Records, &p.brief)
		}
	}
	return r
}

// brief writes a brief record behind to, as the edition has it.
func (e *edition) brief(to []byte, r *record.Record) []byte {
	if e == csw3 {
		return dublincore.Append3(to, r, dublincore.Brief)
	}
	return dublincore.Encode(*r, dublincore.Brief).Append(to)
}
