package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
	"perigee/shared/tenancy"
)

// wish is the body of a request for a workspace, in the words of EOEPCA's Workspace API; both may be left out.
type wish struct {
	PreferredName string `json:"preferred_name"`
	DefaultOwner  string `json:"default_owner"`
}

// maxWish bounds the body in bytes.
const maxWish = 16 << 10

func readWish(w http.ResponseWriter, r *http.Request) (wish, error) {
	var asked wish
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWish))
	if err != nil {
		return asked, fault.Classify(fault.Invalid, err, "the request did not come whole, or is larger than %d bytes", maxWish)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return asked, nil
	}
	err = json.Unmarshal(body, &asked)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return asked, fault.At(fault.Invalid, kind.Field, "%s is not a text", cmp.Or(kind.Field, "the request"))
	}
	return asked, fault.Classify(fault.Invalid, err, "the request is not JSON")
}

// create makes a workspace, or repairs the one that the owner has.
func (k *keeper) create(w http.ResponseWriter, r *http.Request) error {
	asked := scope.FromContext(r.Context())
	if err := asked.Scope.MayWrite(); err != nil {
		return err
	}
	wished, err := readWish(w, r)
	if err != nil {
		return err
	}
	name := k.nameOf(wished.PreferredName)
	if err := k.available(r.Context(), asked.Scope, name); err != nil {
		return err
	}
	made, fresh, err := k.claim(r.Context(), asked.Scope, name, cmp.Or(wished.DefaultOwner, asked.Scope.Principal))
	if err != nil {
		return err
	}
	done, err := k.settle(r.Context(), &made)
	if err := k.tell(r.Context(), name, err); err != nil {
		return err
	}
	if !done && !fresh {
		return fault.New(fault.Unavailable, "the workspace %q is still being made", name)
	}
	slog.Info("a workspace was asked for", "workspace", name, "owner", made.Owner, "new", fresh, "state", made.State)
	status := http.StatusOK
	if fresh {
		status = http.StatusCreated
	}
	w.Header().Set("Location", asked.Base+"/workspaces/"+name)
	return answer(w, status, map[string]string{"name": name})
}

// tell sends the events whatever has happened: who gets them finishes what could not be done here.
func (k *keeper) tell(ctx context.Context, name string, err error) error {
	return errors.Join(err, k.flush(context.WithoutCancel(ctx), name))
}

// available is nil for a name that a workspace may have. A bucket of that name that was never a workspace's is somebody's;
// only an admin gives it away.
func (k *keeper) available(ctx context.Context, sc scope.Scope, name string) error {
	if err := k.free(name); err != nil {
		return err
	}
	if isAdmin(sc) {
		return nil
	}
	known, err := k.store.KnownWorkspace(ctx, sc, name)
	if err != nil || known {
		return err
	}
	there, err := k.there(ctx, name)
	if err != nil || !there {
		return err
	}
	// A workspace is known before it has a bucket: one that was made since the first look is known by now.
	if known, err = k.store.KnownWorkspace(ctx, sc, name); err != nil || known {
		return err
	}
	return fault.At(fault.Conflict, "preferred_name", "there is a bucket %q that was never a workspace's", name)
}

// there tells whether the object store has a bucket, be it one that is closed to us.
func (k *keeper) there(ctx context.Context, name string) (bool, error) {
	for _, err := range k.objects.List(ctx, name, "") {
		switch kind := fault.KindOf(err); {
		case err != nil && kind == fault.NotFound:
			return false, nil
		case err != nil && kind != fault.Forbidden:
			return false, err
		}
		break
	}
	return true, nil
}

// claim takes the workspace with credentials that it gets if it is new.
func (k *keeper) claim(ctx context.Context, sc scope.Scope, name, owner string) (catalogue.Workspace, bool, error) {
	c := tenancy.NewCredentials()
	return k.store.ClaimWorkspace(ctx, sc, catalogue.Workspace{
		Name: name, Owner: owner, AccessKey: c.AccessKey, Secret: k.seal.Close(c.SecretKey, belongs(name, c.AccessKey)),
	}, k.lease)
}

// remove deletes a workspace: it answers when nobody has access any more; what takes longer goes on by events.
func (k *keeper) remove(w http.ResponseWriter, r *http.Request) error {
	params := ogcapi.ReadParams(r)
	purge := params.Text("purge")
	if purge != "" && purge != "true" && purge != "false" {
		params.Fail(fault.At(fault.Invalid, "purge", "purge is %q, not true or false", purge))
	}
	if err := params.Err(); err != nil {
		return err
	}
	name := r.PathValue("name")
	gone, err := k.store.DeleteWorkspace(r.Context(), scope.FromContext(r.Context()).Scope, name, purge == "true", k.lease)
	if err != nil {
		return err
	}
	resumed := gone.Step != ""
	done, err := k.settle(r.Context(), &gone)
	if err != nil && gone.Step != "" && !resumed { // nobody has access any more; the event's receiver does the rest
		slog.Warn("a workspace is not removed yet", "workspace", name, "error", err)
		err = nil
	}
	if err := k.tell(r.Context(), name, err); err != nil {
		return err
	}
	if !done && resumed {
		return fault.New(fault.Unavailable, "the workspace %q is still being removed", name)
	}
	slog.Info("a workspace was deleted", "workspace", name, "by", scope.FromContext(r.Context()).Scope.Principal, "done", done, "purge", purge)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// listed is a workspace in a list.
type listed struct {
	Name   string `json:"name"`
	Owner  string `json:"owner"`
	Status string `json:"status"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

// list answers the workspaces of who asks, and an admin with all.
func (k *keeper) list(w http.ResponseWriter, r *http.Request) error {
	asked := scope.FromContext(r.Context())
	params := ogcapi.ReadParams(r)
	limit, after := params.Limit(100, 1000), params.Text("token")
	if err := params.Err(); err != nil {
		return err
	}
	found, next, err := k.store.Workspaces(r.Context(), asked.Scope, limit, after)
	if err != nil {
		return err
	}
	page := struct {
		Workspaces []listed `json:"workspaces"`
		Links      []link   `json:"links,omitempty"`
	}{Workspaces: make([]listed, len(found))}
	for i, one := range found {
		page.Workspaces[i] = listed{one.Name, one.Owner, status(one)}
	}
	if next != "" {
		href := ogcapi.WithQuery(asked.Base+"/workspaces", r.URL.Query(), map[string]string{"token": next})
		page.Links = []link{{"next", href, ogcapi.MediaTypeJSON}}
	}
	return answer(w, http.StatusOK, page)
}

// document is a workspace in the form of EOEPCA's Workspace API.
type document struct {
	Status    string     `json:"status"`
	Endpoints []endpoint `json:"endpoints"`
	Storage   *storage   `json:"storage"`
	Registry  *struct{}  `json:"container_registry"`
	Message   string     `json:"message,omitempty"` // what hinders it, in words
}

// endpoint is a service of a workspace; its url has no scheme.
type endpoint struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

type storage struct {
	Credentials credentials `json:"credentials"`
}

type credentials struct {
	Bucket    string `json:"bucketname"`
	Access    string `json:"access"`
	Secret    string `json:"secret"`
	ProjectID string `json:"projectid"`
	Endpoint  string `json:"endpoint"`
	Region    string `json:"region"`
}

// services are the paths that every workspace has.
var services = []string{"stac", "csw", "ows", "cache"}

// show answers what a workspace is, to its owner and to admins, with the credentials of its bucket.
func (k *keeper) show(w http.ResponseWriter, r *http.Request) error {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	asked := scope.FromContext(r.Context())
	found, err := k.store.Workspace(r.Context(), asked.Scope, r.PathValue("name"))
	if err != nil {
		return err
	}
	d := document{Status: status(found), Endpoints: []endpoint{}, Message: hindrance(found, asked.Scope)}
	if found.State == catalogue.WorkspaceActive {
		if d.Storage, err = k.storage(&found); err != nil {
			return err
		}
		_, host, _ := strings.Cut(asked.Base, "://")
		for _, id := range services {
			d.Endpoints = append(d.Endpoints, endpoint{id, host + "/workspaces/" + found.Name + "/" + id})
		}
		if !k.accounts.Own() {
			d.Message = "workspaces have no credentials of their own here; ask the operator of the object store for access to the bucket"
		}
	}
	return answer(w, http.StatusOK, d)
}

// hindrance is what keeps a workspace from being ready: for admins in full, for others without what it tells of the system.
func hindrance(w catalogue.Workspace, sc scope.Scope) string {
	step, _, failed := strings.Cut(w.Error, ": ")
	if !failed || isAdmin(sc) {
		return w.Error
	}
	return "the step " + step + " did not succeed; asked for again, the workspace is repaired"
}

func isAdmin(sc scope.Scope) bool { return slices.Contains(sc.Roles, scope.Admin) }

func (k *keeper) storage(w *catalogue.Workspace) (*storage, error) {
	s := &storage{credentials{Bucket: w.Name, Endpoint: k.endpoint, Region: k.region}}
	if !k.accounts.Own() {
		return s, nil
	}
	c, err := k.credentials(w)
	s.Credentials.Access, s.Credentials.Secret = c.AccessKey, c.SecretKey
	return s, err
}

// status is the state of a workspace in the words of EOEPCA.
func status(w catalogue.Workspace) string {
	if w.State == catalogue.WorkspaceActive {
		return "ready"
	}
	return "provisioning"
}

// answer writes what nobody may keep: it may hold credentials, and is another's for another token.
func answer(w http.ResponseWriter, status int, v any) error {
	body, err := ogcapi.Encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Authorization")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
