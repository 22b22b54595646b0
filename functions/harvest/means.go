package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/postprocess"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// means opens what harvesters read: the deployment's object store, those of harvesters, the web and local folders.
type means struct {
	buckets  scope.Buckets
	endpoint *url.URL // of the deployment's object store
	own      source.Reader
	ownLists source.Lister
	eodata   objects // CREODIAS's, which postprocessors read (HRV-16)
	outer    *outward.Client
	asking   outward.Config // how the web is asked
	guard    outward.Guard
	region   string

	mutex sync.Mutex
	inner map[string]*outward.Client // by the hosts that the operator named
}

// trusting is the client for an address that the operator wrote: it reaches its host wherever that lies, and what that redirects
// to as anybody may.
func (m *means) trusting(address string) *outward.Client {
	at, err := outward.Parse(address)
	if err != nil {
		return m.outer
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	client, known := m.inner[at.Hostname()]
	if !known {
		c := m.asking
		c.Guard = m.guard.And(at.Hostname())
		client = outward.New(c)
		m.inner[at.Hostname()] = client
	}
	return client
}

// objects is an object store.
type objects struct{ client *bucket.Client }

// Read gives an object of at most limit bytes.
func (o objects) Read(ctx context.Context, href string, limit int64) ([]byte, error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return nil, fault.New(fault.Invalid, "%s is not an object", href)
	}
	text, _, err := o.client.ReadAll(ctx, name, key, limit)
	return text, err
}

// List gives addresses behind another one.
func (o objects) List(ctx context.Context, prefix, behind string, limit int) ([]string, error) {
	name, start, _ := strings.Cut(strings.TrimPrefix(prefix, "s3://"), "/")
	var all []string
	for object, err := range o.client.ListBehind(ctx, name, start, strings.TrimPrefix(behind, "s3://"+name+"/")) {
		if err != nil {
			return nil, err
		}
		if all = append(all, bucket.Href(name, object.Key)); len(all) == limit {
			break
		}
	}
	return all, nil
}

// Exists tells whether there is an object.
func (o objects) Exists(ctx context.Context, href string) (bool, error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return false, fault.New(fault.Invalid, "%s is not an object", href)
	}
	_, err := o.client.Head(ctx, name, key)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// opened is what one harvester reads, on behalf of a workspace.
type opened struct {
	source source.Source
	reach  postprocess.Reach
}

// open opens what a harvester harvests on behalf of a workspace.
func (m *means) open(workspace string, of source.Harvester) (opened, error) {
	kind := of.Kind(m.address())
	places := source.Places{Workspace: workspace, Buckets: m.buckets, Endpoint: m.endpoint, Bucket: workspace, Kind: kind}
	switch {
	case kind == source.KindS3:
		places.Bucket, places.Endpoint = of.Elsewhere(), nil
	case workspace == scope.System:
		places.Bucket = cmp.Or(of.Store.Bucket, m.buckets.Ingest)
	}
	if address := cmp.Or(of.URL, of.RootPath); of.Foreign && kind != source.KindS3 && origin(address) != "" {
		if err := m.guard.Check(address); err != nil {
			return opened{}, err
		}
	}
	f := &files{means: m, places: places, web: m.web(of)}
	if kind == source.KindS3 || of.Store.AccessKey != "" && of.Store.Kind == source.KindS3 {
		f.store = objects{bucket.Open(m.storeOf(of))}
	}
	if kind == source.KindLocal {
		f.folder = of.Store.Folder
	}
	from, err := of.Open(source.Means{Places: places, Files: f, Web: f.web})
	return opened{from, postprocess.Reach{Files: f, Services: f.web}}, err
}

func (m *means) address() string {
	if m.endpoint == nil {
		return ""
	}
	return m.endpoint.String()
}

// storeOf is how the store of a harvester is opened; a stranger's is reached outside only.
func (m *means) storeOf(of source.Harvester) bucket.Config {
	c := bucket.Config{
		Endpoint: cmp.Or(of.Store.Endpoint, m.address()), Region: cmp.Or(of.Store.Region, m.region), AccessKey: of.Store.AccessKey, SecretKey: of.Store.SecretKey,
		Public: of.Store.Public,
	}
	if of.Store.Public && of.Store.Endpoint == "" {
		c.Endpoint = "" // AWS
	}
	if of.AdHoc {
		c.Dial = m.guard.Dial
	}
	return c
}

// web is how services are asked on behalf of a harvester: at the address that the operator wrote, with its credentials; what
// else an answer or a request leads to, only outside, and as anybody may.
type web struct {
	means         *means
	own           bool   // the postprocessors are those that the operator wrote
	home          string // scheme and host of the operator's address; empty: nothing is trusted
	authorization string
}

func (m *means) web(of source.Harvester) *web {
	w := &web{means: m, own: !of.ForeignChain}
	if of.Foreign {
		return w
	}
	w.home = origin(cmp.Or(of.URL, of.RootPath))
	switch s := of.Store; {
	case s.Kind != source.KindHTTP:
	case s.Token != "":
		w.authorization = "Bearer " + s.Token
	case s.AccessKey != "":
		w.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(s.AccessKey+":"+s.SecretKey))
	}
	return w
}

// origin is the scheme and the host of an address of the web.
func origin(address string) string {
	at, err := outward.Parse(address)
	if err != nil {
		return ""
	}
	return at.Scheme + "://" + strings.ToLower(at.Host)
}

// ask asks an address by the client that may.
func (w *web) ask(ctx context.Context, q outward.Request) (outward.Answer, error) {
	if q.Header == nil {
		q.Header = http.Header{}
	}
	if w.home == "" || origin(q.URL) != w.home {
		return w.means.outer.Do(ctx, q)
	}
	if w.authorization != "" {
		q.Header.Set("Authorization", w.authorization)
	}
	return w.means.trusting(q.URL).Do(ctx, q)
}

// Ask asks a service.
func (w *web) Ask(ctx context.Context, q source.Question) (source.Reply, error) {
	request := outward.Request{URL: q.URL, Header: http.Header{"Accept": {q.Accept}}, Limit: q.Limit}
	if q.Body != nil {
		request.Method, request.Body = http.MethodPost, q.Body
		request.Header.Set("Content-Type", "application/json")
	}
	a, err := w.ask(ctx, request)
	return source.Reply{URL: a.URL, MediaType: a.Header.Get("Content-Type"), Body: a.Body}, err
}

// Post asks a service what becomes of an item. Services that operators name may lie inside; those of a stranger may not.
func (w *web) Post(ctx context.Context, address string, item []byte, limit int64) (postprocess.Answer, error) {
	client := w.means.outer
	if w.own {
		client = w.means.trusting(address)
	}
	a, err := client.Once().Do(ctx, outward.Request{ // the postprocessor asks again
		Method: http.MethodPost, URL: address, Body: item, Limit: limit, Header: http.Header{"Content-Type": {"application/geo+json"}, "Accept": {"application/geo+json, application/json"}},
	})
	if a.Status != 0 && fault.KindOf(err) != fault.Invalid || a.Status >= http.StatusBadRequest {
		err = nil // the status says it
	}
	return postprocess.Answer{Status: a.Status, RetryAfter: a.Header.Get("Retry-After"), Body: a.Body}, err
}
