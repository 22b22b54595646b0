package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
)

func workspaceCommand() command {
	c := command{
		name: "workspace", args: "create [NAME] | list | get NAME | products NAME | delete NAME", brief: "make, list, show and delete workspaces of the running house",
		long: `create prints the name that the workspace got: a prefix and what can be kept of NAME. Asked again, it repairs what is
missing. get shows the credentials of the workspace's bucket; eval "$(local-runner workspace get --env NAME)" sets
AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION to them. products shows what the workspace lays
over the system's product configuration; --put FILE lays that over it, --delete takes it back, --merged shows the whole.
delete withdraws the credentials and removes what is registered; what lies in the bucket stays, unless --purge is given.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		var w tenants
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		set.StringVar(&w.owner, "owner", "", "`NAME` of the owner of a new workspace (default: who asks)")
		set.BoolVar(&w.env, "env", false, "get prints shell exports")
		set.StringVar(&w.put, "put", "", "products are put from `FILE`")
		set.BoolVar(&w.remove, "delete", false, "products are taken back")
		set.BoolVar(&w.merged, "merged", false, "products are shown with the system's below them")
		set.BoolVar(&w.purge, "purge", false, "delete empties the bucket too")
		words, err := c.mixed(t, set, args)
		if err != nil {
			return err
		}
		do, name := w.verb(words)
		if do == nil {
			return misuse(c.name, "create [NAME], list, get NAME, products NAME or delete NAME is needed")
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		w.client, w.out = newClient(at), t.out
		return do(ctx, name)
	}
	return c
}

// tenants are the workspaces of a house, and what is asked of them.
type tenants struct {
	client
	out        io.Writer
	owner      string // of a new one
	env, purge bool

	put            string // the file of a product configuration
	remove, merged bool   // of one
}

// verb is what is to be done with the workspace of which name; nothing when the words do not say that.
func (w *tenants) verb(words []string) (do func(context.Context, string) error, name string) {
	if len(words) == 0 || len(words) > 2 {
		return nil, ""
	}
	if len(words) == 2 {
		name = words[1]
	}
	switch what := words[0]; {
	case what == "create":
		return w.create, name
	case what == "list" && name == "":
		return w.list, name
	case what == "get" && name != "":
		return w.get, name
	case what == "products" && name != "":
		return w.products, name
	case what == "delete" && name != "":
		return w.delete, name
	}
	return nil, ""
}

const workspacesPath = "/workspaces"

func (w *tenants) create(ctx context.Context, name string) error {
	message, err := json.Marshal(map[string]string{"preferred_name": name, "default_owner": w.owner})
	if err != nil { // texts can always be written
		return err
	}
	body, err := w.say(ctx, http.MethodPost, workspacesPath, message)
	if err != nil {
		return err
	}
	var made struct{ Name string }
	if err := understood(workspacesPath, json.Unmarshal(body, &made)); err != nil {
		return err
	}
	fmt.Fprintln(w.out, made.Name)
	return nil
}

func (w *tenants) list(ctx context.Context, _ string) error {
	for address := workspacesPath; address != ""; {
		var page struct {
			Workspaces []struct{ Name, Owner, Status string }
			Links      []struct{ Rel, Href string }
		}
		if err := w.getJSON(ctx, address, &page); err != nil {
			return err
		}
		for _, one := range page.Workspaces {
			fmt.Fprintf(w.out, "%s  %s  %s\n", one.Name, one.Status, one.Owner)
		}
		address = ""
		for _, link := range page.Links {
			if link.Rel == "next" {
				address = link.Href
			}
		}
	}
	return nil
}

func (w *tenants) get(ctx context.Context, name string) error {
	var d struct {
		Status, Message string
		Endpoints       []struct{ ID, URL string }
		Storage         struct {
			Credentials struct{ BucketName, Access, Secret, Endpoint, Region string }
		}
	}
	if err := w.getJSON(ctx, workspacesPath+"/"+url.PathEscape(name), &d); err != nil {
		return err
	}
	c := d.Storage.Credentials
	if w.env {
		for _, v := range [][2]string{{"AWS_ENDPOINT_URL", c.Endpoint}, {"AWS_ACCESS_KEY_ID", c.Access}, {"AWS_SECRET_ACCESS_KEY", c.Secret}, {"AWS_REGION", c.Region}} {
			fmt.Fprintf(w.out, "export %s=%s\n", v[0], quoted(v[1]))
		}
		return nil
	}
	columns := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	for _, v := range [][2]string{
		{"status", d.Status}, {"", d.Message}, {"bucket", c.BucketName}, {"endpoint", c.Endpoint}, {"region", c.Region}, {"access key", c.Access}, {"secret key", c.Secret},
	} {
		if v[1] != "" {
			fmt.Fprintf(columns, "%s\t%s\n", v[0], v[1])
		}
	}
	for _, e := range d.Endpoints {
		fmt.Fprintf(columns, "%s\thttp://%s\n", e.ID, e.URL)
	}
	return columns.Flush()
}

func (w *tenants) delete(ctx context.Context, name string) error {
	address := workspacesPath + "/" + url.PathEscape(name)
	if w.purge {
		address += "?purge=true"
	}
	if _, err := w.do(ctx, http.MethodDelete, address); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "deleted %s\n", name)
	return nil
}
