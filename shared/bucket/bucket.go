// Package bucket is the door to S3: objects are read, written, listed and deleted with failures classified. It is the
// only package beside tenancy that imports the AWS SDK.
package bucket

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Config says where the object store is and by which key it is used.
type Config struct {
	Endpoint  string // URL of the store, empty for AWS
	Region    string
	AccessKey string // empty: the SDK's own chain (a role of the pod, for instance)
	SecretKey string
	PathStyle bool                                                                 // bucket in the path; always so with an Endpoint
	Public    bool                                                                 // read without a key, as anybody may
	Dial      func(ctx context.Context, network, address string) (net.Conn, error) // in place of the plain one
}

// Client talks to one object store. It is safe for concurrent use.
type Client struct {
	s3      *s3.Client
	presign *s3.PresignClient
	region  string // empty with an endpoint of one's own
}

// Object is what is known of an object without reading it.
type Object struct {
	Bucket      string
	Key         string
	ETag        string // without quotes
	ContentType string
	Size        int64
	Modified    time.Time // as the store says: whole seconds, mostly
	Metadata    map[string]string
}

const (
	connections   = 64               // idle ones kept to a store
	headerTimeout = 30 * time.Second // until a store begins to answer
	attempts      = 3
	patience      = 500 * time.Millisecond // between attempts, at most
	defaultRegion = "us-east-1"
)

// Open makes a client. Nothing is connected before the first request.
func Open(cfg Config) *Client {
	client := s3.New(options(cfg))
	c := &Client{s3: client, presign: s3.NewPresignClient(client)}
	if cfg.Endpoint == "" {
		c.region = region(cfg)
	}
	return c
}

func options(cfg Config) s3.Options {
	o := s3.Options{
		Region:      region(cfg),
		Credentials: keys(cfg),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost, t.ResponseHeaderTimeout = connections, connections, headerTimeout
			if cfg.Dial != nil {
				t.DialContext, t.Proxy = cfg.Dial, nil
			}
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = attempts, patience
		}),
		UsePathStyle: cfg.PathStyle || cfg.Endpoint != "",
		// Checksums that not every store knows are left to the operations that ask for them.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if cfg.Endpoint != "" {
		o.BaseEndpoint = aws.String(cfg.Endpoint)
	}
	return o
}

func region(cfg Config) string {
	if cfg.Region == "" {
		return defaultRegion
	}
	return cfg.Region
}

// keys are those of the configuration, or what the SDK's own chain finds when a request first needs them.
func keys(cfg Config) aws.CredentialsProvider {
	if cfg.Public {
		return aws.AnonymousCredentials{}
	}
	if cfg.AccessKey != "" {
		return credentials.NewStaticCredentialsProvider(cfg.AccessKey, cfg.SecretKey, "")
	}
	return aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		chain, err := config.LoadDefaultConfig(ctx, config.WithRegion(region(cfg)))
		if err != nil {
			return aws.Credentials{}, err
		}
		return chain.Credentials.Retrieve(ctx)
	}))
}

const scheme = "s3://"

// ParseHref splits s3://bucket/key; the key is taken as it stands, without unescaping.
func ParseHref(href string) (bucket, key string, ok bool) {
	rest, found := strings.CutPrefix(href, scheme)
	if !found {
		return "", "", false
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" || key == "" {
		return "", "", false
	}
	return bucket, key, true
}

// Href is s3://bucket/key.
func Href(bucket, key string) string { return scheme + bucket + "/" + key }

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
