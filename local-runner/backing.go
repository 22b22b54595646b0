package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/issuer"
	"perigee/local-runner/manifest"
	"perigee/local-runner/postgres"
	"perigee/local-runner/s3"
)

// backing is what a cluster needs beside it: a database and an object store whose changes it is told.
type backing struct {
	*house
	databaseAt string // address; empty: no database
	storeAt    string
	events     string // where changes are told
	cluster    string // the public address of the cluster; empty: unknown
	inside     string // the cluster's ingress for its own services; empty: out of reach
	buckets    string // to make, between commas
	issuerAt   string // address of the token issuer; empty: none
	issuerURL  string // how the functions call it
	token      string
}

func backingCommand() command {
	c := command{
		name: "backing", args: "--events URL", brief: "run only a database and an object store, for a cluster beside them",
		long: `Listens on fixed addresses, with credentials that are made at the first start or taken from the environment (PGPASSWORD;
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). Each change in a bucket is stored before the upload is answered, and posted as
a CloudEvent to --events, again and again until it is taken; what was missed is found by listing. It says "ready URL in
TIME". The commands env, upload and dead-letters speak to the cluster whose address --url tells, with a token of the issuer
that --issuer starts, which holds the role perigee-admin.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		b := &backing{house: &house{say: &speaker{out: t.out}, set: &manifest.Set{}}}
		set := c.flags()
		set.StringVar((*string)(&b.state), "state", ".perigee-backing", "`FOLDER` of everything that is kept")
		set.StringVar(&b.databaseAt, "database", "127.0.0.1:5432", "loopback `ADDRESS` of the database; empty for none")
		set.StringVar(&b.storeAt, "store", "127.0.0.1:9000", "`ADDRESS` of the object store")
		set.StringVar(&b.buckets, "buckets", "ingest,cache", "`NAMES` of buckets to make, between commas; of one called cache nothing is told")
		set.StringVar(&b.events, "events", "", "`URL` to post CloudEvents to: the ingress of a Broker")
		set.StringVar(&b.issuerAt, "issuer", "", "loopback `ADDRESS` of a token issuer; empty for none")
		set.StringVar(&b.issuerURL, "issuer-url", "", "`URL` by which the functions reach the issuer (their OIDC_ISSUER)")
		set.StringVar(&b.cluster, "url", "", "public `URL` of the cluster, for the other commands")
		set.StringVar(&b.inside, "inside", "", "`URL` of the cluster's ingress for its own services, to ask what an uploaded GeoTIFF holds")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if err := c.noArguments(set); err != nil {
			return err
		}
		if err := b.check(c.name); err != nil {
			return err
		}
		return runUp(ctx, t, b.house, b.start, func(context.Context) {})
	}
	return c
}

// check refuses addresses that cannot be.
func (b *backing) check(command string) error {
	needed := map[string]bool{"events": true, "issuer-url": b.issuerAt != ""}
	for name, address := range map[string]string{"events": b.events, "url": b.cluster, "inside": b.inside, "issuer-url": b.issuerURL} {
		if u, err := url.Parse(address); (address != "" || needed[name]) && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return misuse(command, "--%s must be an http address, but is %q", name, address)
		}
	}
	for name, address := range map[string]string{"database": b.databaseAt, "issuer": b.issuerAt} {
		if host, _, err := net.SplitHostPort(address); address != "" && (err != nil || host != "127.0.0.1") {
			return misuse(command, "--%s must be an address such as 127.0.0.1:5432, but is %q", name, address)
		}
	}
	if _, _, err := net.SplitHostPort(b.storeAt); err != nil {
		return misuse(command, "--store must be an address such as 127.0.0.1:9000, but is %q", b.storeAt)
	}
	state, err := filepath.Abs(string(b.state))
	b.state = stateFolder(state)
	return err
}

// start brings the stores up, step by step.
func (b *backing) start(ctx context.Context) error {
	return b.walk(ctx, []step{
		{"", b.takeState}, {"database", b.startDatabase}, {"object store", b.startStore}, {"buckets", b.makeBuckets},
		{"events", b.openQueue}, {"tokens", b.startIssuer}, {"", b.announce},
	})
}

func (b *backing) startDatabase(ctx context.Context) (string, error) {
	if b.databaseAt == "" {
		return "", nil
	}
	_, port, _ := net.SplitHostPort(b.databaseAt) // checked
	number, err := strconv.Atoi(port)
	if err != nil {
		return "", fmt.Errorf("the port of the database: %w", err)
	}
	return b.openDatabase(ctx, postgres.Config{Dir: b.state.path("postgres"), Port: number, Password: os.Getenv("PGPASSWORD"), Log: b.keepLines("postgres")})
}

func (b *backing) startStore(ctx context.Context) (string, error) {
	return b.openStore(ctx, s3.Config{Address: b.storeAt, AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY")})
}

func (b *backing) makeBuckets(ctx context.Context) (string, error) {
	for name := range strings.SplitSeq(b.buckets, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if err := b.objects.CreateBucket(ctx, name); err != nil {
			return "", fmt.Errorf("making the bucket %s: %w", name, err)
		}
	}
	return b.buckets, nil
}

// Events are sent again after 1 s, 2 s, 3 s …, so that one that waits for an hour is tried every minute and a half by then.
const (
	resends     = 1 << 20
	resendDelay = time.Second
	resendTime  = 30 * time.Second // for one answer
)

// openQueue keeps events until the cluster has taken them.
func (b *backing) openQueue(ctx context.Context) (string, error) {
	b.main = broker.Name{Namespace: "backing", Name: "events"}
	forward := broker.Trigger{Name: b.main, Broker: b.main.Name, Subscriber: broker.URL(b.events)}
	delivery := &broker.Delivery{Retry: resends, Policy: broker.Linear, Delay: resendDelay, Timeout: resendTime}
	var err error
	b.broker, err = broker.Open(ctx, broker.Config{
		Dir: b.state.path("broker"), Log: b.log,
		Brokers: []broker.Definition{{Name: b.main, Delivery: delivery}}, Triggers: []broker.Trigger{forward},
	})
	if err != nil {
		return "", err
	}
	b.onStop(b.broker.Close)
	b.back.setBroker(b.broker)
	if err := b.openReceiver(); err != nil {
		return "", err
	}
	if err := b.broker.Start(); err != nil {
		return "", err
	}
	b.compare()
	return "to " + b.events, nil
}

// tokenTime is how long the token of the issuer is valid: longer than a day of work takes.
const tokenTime = 24 * time.Hour

// startIssuer makes the token of this run; the key of the run before opens nothing any more.
func (b *backing) startIssuer(context.Context) (string, error) {
	if b.issuerAt == "" {
		return "", nil
	}
	tokens, err := issuer.New(b.issuerURL)
	if err != nil {
		return "", err
	}
	if b.token, err = tokens.Token("perigee", []string{"perigee-admin"}, tokenTime); err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", b.issuerAt)
	if err != nil {
		return "", fmt.Errorf("the address of the token issuer: %w", err)
	}
	server := &http.Server{Handler: tokens, ReadHeaderTimeout: 30 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with the server's Close
	b.onStop(func(context.Context) error { return server.Close() })
	return "of " + b.issuerURL, nil
}

// announce tells the other commands.
func (b *backing) announce(context.Context) (string, error) {
	b.url = strings.TrimSuffix(b.cluster, "/")
	if b.url == "" {
		b.url = b.store.Endpoint()
	}
	at := b.instance()
	at.Token, at.Cluster, at.Inside = b.token, true, strings.TrimSuffix(b.inside, "/")
	return "", b.state.announce(at)
}
