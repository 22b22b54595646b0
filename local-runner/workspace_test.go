package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is typed becomes one request, and the answer a few lines.
func TestWorkspaceCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "products.yaml")
	if err := os.WriteFile(file, []byte("layers: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var asked string
	server := httptest.NewServer(nil)
	defer server.Close()
	answers := map[string]string{
		"POST /workspaces":        `{"name": "ws-eric"}`,
		"GET /workspaces":         `{"workspaces": [{"name": "ws-a", "owner": "anna", "status": "ready"}], "links": [{"rel": "next", "href": "` + server.URL + `/workspaces?token=x"}]}`,
		"GET /workspaces?token=x": `{"workspaces": [{"name": "ws-b", "owner": "bob", "status": "provisioning"}]}`,
		"GET /workspaces/ws-a":    `{"status": "ready", "endpoints": [{"id": "stac", "url": "h/workspaces/ws-a/stac"}], "storage": {"credentials": {"bucketname": "ws-a", "access": "K", "secret": "it's", "endpoint": "http://s3", "region": "r"}}}`,
		"GET /workspaces/ws-b":    `{"status": "provisioning", "endpoints": [], "storage": null, "message": "bucket: no"}`,
		"DELETE /workspaces/ws-a": "",

		"GET /workspaces/ws-a/products?f=yaml":             "layers: []\n",
		"GET /workspaces/ws-a/products?f=yaml&merged=true": "layers: [{}]\n",
		"PUT /workspaces/ws-a/products":                    `{"message": "3 items are looked at again"}`,
		"DELETE /workspaces/ws-a/products":                 `{"message": "4 items are looked at again"}`,
		"DELETE /workspaces/ws-a?purge=true":               "",
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body))
		text, ok := answers[r.Method+" "+r.URL.RequestURI()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			text = `{"detail": "there is no workspace"}`
		}
		io.WriteString(w, text)
	})
	for _, c := range []struct {
		words       string
		with        tenants
		asked, says string
	}{
		{"create Eric", tenants{owner: "eric"}, `POST /workspaces {"default_owner":"eric","preferred_name":"Eric"}`, "ws-eric\n"},
		{"create", tenants{}, `POST /workspaces {"default_owner":"","preferred_name":""}`, "ws-eric\n"},
		{"list", tenants{}, "GET /workspaces?token=x", "ws-a  ready  anna\nws-b  provisioning  bob\n"},
		{"get ws-a", tenants{}, "GET /workspaces/ws-a",
			"status      ready\nbucket      ws-a\nendpoint    http://s3\nregion      r\naccess key  K\nsecret key  it's\nstac        http://h/workspaces/ws-a/stac\n"},
		{"get ws-a", tenants{env: true}, "GET /workspaces/ws-a",
			"export AWS_ENDPOINT_URL='http://s3'\nexport AWS_ACCESS_KEY_ID='K'\nexport AWS_SECRET_ACCESS_KEY='it'\\''s'\nexport AWS_REGION='r'\n"},
		{"get ws-b", tenants{}, "GET /workspaces/ws-b", "status  provisioning\n        bucket: no\n"},
		{"products ws-a", tenants{}, "GET /workspaces/ws-a/products?f=yaml", "layers: []\n"},
		{"products ws-a", tenants{merged: true}, "GET /workspaces/ws-a/products?f=yaml&merged=true", "layers: [{}]\n"},
		{"products ws-a", tenants{put: file}, "PUT /workspaces/ws-a/products layers: []", "3 items are looked at again\n"},
		{"products ws-a", tenants{remove: true}, "DELETE /workspaces/ws-a/products", "4 items are looked at again\n"},
		{"delete ws-a", tenants{}, "DELETE /workspaces/ws-a", "deleted ws-a\n"},
		{"delete ws-a", tenants{purge: true}, "DELETE /workspaces/ws-a?purge=true", "deleted ws-a\n"},
		{"delete x/y", tenants{}, "DELETE /workspaces/x%2Fy", ""},
	} {
		var out bytes.Buffer
		c.with.client, c.with.out = newClient(instance{URL: server.URL}), &out
		do, name := c.with.verb(strings.Fields(c.words))
		if do == nil {
			t.Fatalf("%s is not understood", c.words)
		}
		err := do(t.Context(), name)
		if asked != c.asked || out.String() != c.says || (err != nil) != (c.says == "") {
			t.Errorf("%s: asked %s, said %q, %v", c.words, asked, out.String(), err)
		}
	}
	for _, words := range []string{"", "make", "list x", "get", "delete", "create a b"} {
		if do, _ := new(tenants).verb(strings.Fields(words)); do != nil {
			t.Errorf("%q is understood", words)
		}
	}
}
