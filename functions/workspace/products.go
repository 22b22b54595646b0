package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/scope"
)

// yamlFormat is the form in which product configurations are written.
var yamlFormat = ogcapi.Format{Names: []string{"yaml", "yml"}, MediaType: "application/yaml"}

// changedProducts answers who changed the products of a workspace.
type changedProducts struct {
	Name     string `json:"name"`
	Revision int64  `json:"revision"`
	Items    int    `json:"items"` // that are looked at again
	Message  string `json:"message"`
}

// putProducts lays a configuration over the system's, for the workspace that is asked in.
func (k *keeper) putProducts(w http.ResponseWriter, r *http.Request) error {
	sc := scope.FromContext(r.Context()).Scope
	if err := sc.MayWrite(); err != nil {
		return err
	}
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, product.MaxOverlay))
	if err != nil {
		return fault.Classify(fault.Invalid, err, "the configuration did not come whole, or is larger than %d bytes", product.MaxOverlay)
	}
	if _, err := product.LoadOverlay("products", text, k.products); err != nil {
		return err
	}
	return k.changeProducts(w, r, text, nil)
}

// deleteProducts takes back what the workspace lays over the system's configuration.
func (k *keeper) deleteProducts(w http.ResponseWriter, r *http.Request) error {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	return k.changeProducts(w, r, nil, func(now catalogue.Overlay) error {
		if !now.There {
			return noProducts(scope.FromContext(r.Context()).Scope)
		}
		return nil
	})
}

func noProducts(sc scope.Scope) error {
	return fault.At(fault.NotFound, "workspace", "the workspace %q lays nothing over the system's products; merged=true shows those", sc.Workspace)
}

// changeProducts writes a text if the conditions of the request hold and what is there is as needed. The answer says how
// many items are looked at again: those that were registered from a document in the bucket.
func (k *keeper) changeProducts(w http.ResponseWriter, r *http.Request, text []byte, needed func(catalogue.Overlay) error) error {
	sc, fresh := scope.FromContext(r.Context()).Scope, false
	o, items, err := k.store.PutOverlay(r.Context(), sc, text, func(now catalogue.Overlay) error {
		fresh = !now.There
		if err := precondition(r, now); err != nil || needed == nil {
			return err
		}
		return needed(now)
	})
	if errors.Is(err, errPrecondition) {
		return answerProblem(w, http.StatusPreconditionFailed, err)
	}
	if err != nil {
		return err
	}
	if err := k.tell(r.Context(), sc.Workspace, nil); err != nil { // the event, by which the items are looked at again
		return err
	}
	slog.Info("the products of a workspace were put", "workspace", sc.Workspace, "by", sc.Principal, "revision", o.Revision, "bytes", len(text), "items", items)
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	if o.There {
		w.Header().Set("ETag", productsTag(o, "", yamlFormat))
	}
	return answer(w, status, changedProducts{
		Name: sc.Workspace, Revision: o.Revision, Items: items, Message: fmt.Sprintf("%d items are looked at again; others keep the layers that they have", items),
	})
}

// getProducts answers what the workspace lays over the system's configuration, as it was put, or the whole.
func (k *keeper) getProducts(w http.ResponseWriter, r *http.Request) error {
	params := ogcapi.ReadParams(r)
	merged, format := params.Text("merged"), params.Format(r, yamlFormat, ogcapi.JSON)
	if merged != "" && merged != "true" && merged != "false" {
		params.Fail(fault.At(fault.Invalid, "merged", "merged is %q, not true or false", merged))
	}
	if err := params.Err(); err != nil {
		return err
	}
	sc := scope.FromContext(r.Context()).Scope
	o, err := k.store.OwnOverlay(r.Context(), sc)
	if err != nil {
		return err
	}
	text, made := o.Text, ""
	switch {
	case merged == "true":
		if text, made, err = k.merged(o); err != nil {
			return err
		}
	case !o.There:
		return noProducts(sc)
	}
	if format.MediaType == ogcapi.MediaTypeJSON {
		if text, err = product.YAMLToJSON(text); err != nil {
			return err
		}
	}
	return writeProducts(w, r, format, productsTag(o, made, format), text)
}

// merged is the whole configuration of a workspace, and its name.
func (k *keeper) merged(o catalogue.Overlay) (text []byte, made string, err error) {
	over, err := product.ReadOverlay(o.Text)
	if err != nil {
		return nil, "", err
	}
	whole := k.products.Under(over)
	if text, err = whole.YAML(); err != nil {
		return nil, "", err
	}
	made, err = whole.Fingerprint()
	return text, made, err
}

func writeProducts(w http.ResponseWriter, r *http.Request, format ogcapi.Format, tag string, text []byte) error {
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Vary", "Accept, Authorization")
	if list := strings.Join(r.Header.Values("If-None-Match"), ","); list != "" && anyTag(list, func(one string) bool { return one == "*" || one == tag }) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", format.MediaType)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // the client may be gone
	return nil
}

// productsTag is the entity tag of what is answered; it begins with the revision, which is what changes depend on.
func productsTag(o catalogue.Overlay, made string, format ogcapi.Format) string {
	tag := strconv.FormatInt(o.Revision, 10)
	if made != "" {
		tag += "." + made
	}
	if format.MediaType != yamlFormat.MediaType {
		tag += "." + format.Names[0]
	}
	return `"` + tag + `"`
}

// errPrecondition is the failure of a request whose condition does not hold.
var errPrecondition error = fault.New(fault.Conflict, "the products of the workspace are not those that the request names: read them again")

// precondition compares what is there with what the request expects (RFC 9110, 13.1). Every representation of a revision
// stands for it.
func precondition(r *http.Request, now catalogue.Overlay) error {
	if list := strings.Join(r.Header.Values("If-Match"), ","); list != "" {
		revision := strconv.FormatInt(now.Revision, 10)
		if !anyTag(list, func(one string) bool {
			got, _, _ := strings.Cut(strings.Trim(one, `"`), ".")
			return now.There && (one == "*" || one[0] == '"' && got == revision)
		}) {
			return errPrecondition
		}
	}
	if list := strings.Join(r.Header.Values("If-None-Match"), ","); list != "" && now.There && anyTag(list, func(one string) bool { return one == "*" }) {
		return errPrecondition
	}
	return nil
}

// anyTag tells whether one of the entity tags of a list is as wanted.
func anyTag(list string, wanted func(string) bool) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one != "" && wanted(one) {
			return true
		}
	}
	return false
}

func answerProblem(w http.ResponseWriter, status int, err error) error {
	body, encoding := ogcapi.Encode(ogcapi.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: err.Error()})
	if encoding != nil {
		return encoding
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeProblem)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
