package main

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tenancy"
)

// keeper makes and removes workspaces.
type keeper struct {
	store    store
	objects  objects
	accounts tenancy.Accounts
	seal     *tenancy.Seal
	products product.Config // the system's
	send     func(context.Context, ...event.Event) error
	buckets  scope.Buckets
	prefix   string
	endpoint string        // of the object store, as users reach it
	region   string        // of the object store
	lease    time.Duration // for which a worker has a workspace to itself
	budget   time.Duration // after which one invocation leaves the rest to another
}

// store is what is needed of the catalogue.
type store interface {
	Workspace(ctx context.Context, sc scope.Scope, name string) (catalogue.Workspace, error)
	Workspaces(ctx context.Context, sc scope.Scope, limit int, after string) (found []catalogue.Workspace, next string, err error)
	KnownWorkspace(ctx context.Context, sc scope.Scope, name string) (bool, error)
	ClaimWorkspace(ctx context.Context, sc scope.Scope, wanted catalogue.Workspace, lease time.Duration) (w catalogue.Workspace, fresh bool, err error)
	DeleteWorkspace(ctx context.Context, sc scope.Scope, name string, purge bool, lease time.Duration) (catalogue.Workspace, error)
	LeaseWorkspace(ctx context.Context, sc scope.Scope, name string, lease time.Duration) (w catalogue.Workspace, settled bool, err error)
	AdvanceWorkspace(ctx context.Context, w *catalogue.Workspace, lease time.Duration) error
	ClearWorkspace(ctx context.Context, sc scope.Scope, name string) (more bool, err error)
	OwnOverlay(ctx context.Context, sc scope.Scope) (catalogue.Overlay, error)
	PutOverlay(ctx context.Context, sc scope.Scope, text []byte, agrees func(catalogue.Overlay) error) (o catalogue.Overlay, items int, err error)
	ItemSources(ctx context.Context, sc scope.Scope, after string, limit int) (found []record.Source, revision int64, err error)
	Outbox(ctx context.Context, sc scope.Scope, limit int) ([]catalogue.Event, error)
	Sent(ctx context.Context, sc scope.Scope, ids []string) error
}

// objects is what is needed of the object store.
type objects interface {
	CreateBucket(ctx context.Context, bucket string) error
	List(ctx context.Context, bucket, prefix string) iter.Seq2[bucket.Object, error]
	DeleteAll(ctx context.Context, bucket string, keys []string) error
}

// The bounds of one invocation. The lease outlasts what a worker may still be doing when its time is over.
const (
	leaseTime  = time.Minute
	budgetTime = 12 * time.Second
	stepTime   = 30 * time.Second // for what was begun within the budget
)

// newKeeper checks the configuration; nothing is asked before the first request.
func newKeeper(c config, s store) (*keeper, error) {
	if !prefixForm.MatchString(c.Prefix) {
		return nil, fault.At(fault.Invalid, "WORKSPACE_PREFIX", "WORKSPACE_PREFIX is %q, not 1 to 20 small letters, digits and, in between, hyphens", c.Prefix)
	}
	products, err := product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
	if err != nil {
		return nil, err
	}
	seal, err := tenancy.NewSeal(c.Key)
	if err != nil {
		return nil, err
	}
	accounts, err := tenancy.Open(tenancy.Config{
		Kind: c.Accounts, Endpoint: c.Endpoint, Region: cmp.Or(c.Region, "us-east-1"), AccessKey: c.AccessKey, SecretKey: c.SecretKey, Readers: c.Readers,
	})
	if err != nil {
		return nil, err
	}
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, err
	}
	return &keeper{
		store: s, accounts: accounts, seal: seal, products: products, send: sink.Send, prefix: c.Prefix, lease: leaseTime, budget: budgetTime,
		objects:  bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey}),
		buckets:  scope.Buckets{Ingest: c.IngestBucket, Cache: c.CacheBucket, Shared: c.ReadBuckets},
		endpoint: cmp.Or(c.StoreURL, c.Endpoint), region: c.Region,
	}, nil
}

// handler serves events at the root, where only the broker reaches it, and the operations behind the edge.
func (k *keeper) handler(edge func(http.Handler) http.Handler) http.Handler {
	var operations ogcapi.Routes
	operations.Handle("POST /workspaces", k.create)
	operations.Handle("GET /workspaces", k.list)
	operations.Handle("GET /workspaces/{name}", k.show)
	operations.Handle("DELETE /workspaces/{name}", k.remove)
	operations.Handle("GET /products", k.getProducts) // below a workspace, as are the next
	operations.Handle("PUT /products", k.putProducts)
	operations.Handle("DELETE /products", k.deleteProducts)
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", eventing.Handler(k.event))
	mux.Handle("/", edge(&operations))
	return mux
}

// system is on whose behalf what was begun is finished.
var system = scope.New(scope.System, "workspace", scope.Writer, scope.Admin)
