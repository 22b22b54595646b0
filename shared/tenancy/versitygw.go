package tenancy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"perigee/shared/fault"
)

// versity manages the accounts of versitygw by its administration API: requests of the method PATCH, signed as those of
// S3 are. Bucket policies are set as S3 says.
type versity struct {
	Config
	base   *url.URL
	signer *v4.Signer
	client *http.Client
}

// answerTime bounds one request, maxAnswer what is read of its answer.
const (
	answerTime = 10 * time.Second
	maxAnswer  = 64 << 10
)

func newVersity(cfg Config) (*versity, error) {
	base, err := url.Parse(strings.TrimSuffix(cfg.Endpoint, "/"))
	if err != nil || base.Host == "" || base.Scheme == "" {
		return nil, fault.At(fault.Invalid, "AWS_ENDPOINT_URL", "the administration of the object store needs its URL in AWS_ENDPOINT_URL")
	}
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return nil, fault.At(fault.Invalid, "AWS_ACCESS_KEY_ID", "the administration of the object store needs the credentials of an administrator")
	}
	client := &http.Client{Timeout: answerTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &versity{cfg, base, v4.NewSigner(), client}, nil
}

func (v *versity) Own() bool { return true }

// account is versitygw's Account, and its MutableProps, which have no access key.
type account struct {
	XMLName xml.Name
	Access  string `xml:"Access,omitempty"`
	Secret  string
	Role    string
}

// role is that of an account which may make no buckets, and list no others than its own.
const role = "user"

// Ensure creates the account; one that is there gets the secret.
func (v *versity) Ensure(ctx context.Context, c Credentials) error {
	err := v.administer(ctx, "/create-user", nil, account{XMLName: xml.Name{Local: "Account"}, Access: c.AccessKey, Secret: c.SecretKey, Role: role})
	if fault.KindOf(err) != fault.Conflict {
		return about(err, "make the account %s", c.AccessKey)
	}
	err = v.administer(ctx, "/update-user", url.Values{"access": {c.AccessKey}}, account{XMLName: xml.Name{Local: "MutableProps"}, Secret: c.SecretKey, Role: role})
	return about(err, "change the secret of the account %s", c.AccessKey)
}

// Give makes the account the bucket's owner, which shows it the bucket in its list, and names it in the bucket's policy:
// with a policy even the owner may do what the policy says, and no more.
func (v *versity) Give(ctx context.Context, bucket, accessKey string) error {
	if err := v.own(ctx, bucket, accessKey); err != nil {
		return err
	}
	policy, err := json.Marshal(policyOf(bucket, accessKey, v.Readers))
	if err != nil {
		return fault.Classify(fault.Internal, err, "the policy of the bucket %s", bucket)
	}
	_, err = v.ask(ctx, http.MethodPut, "/"+bucket, url.Values{"policy": {""}}, policy)
	return about(err, "set the policy of the bucket %s", bucket)
}

func (v *versity) own(ctx context.Context, bucket, accessKey string) error {
	err := v.administer(ctx, "/change-bucket-owner", url.Values{"bucket": {bucket}, "owner": {accessKey}}, nil)
	return about(err, "make %s the owner of the bucket %s", accessKey, bucket)
}

// Withdraw removes the account first: from then on its signatures open nothing. What is not there needs no removal.
func (v *versity) Withdraw(ctx context.Context, bucket, accessKey string) error {
	if accessKey != "" {
		if err := v.administer(ctx, "/delete-user", url.Values{"access": {accessKey}}, nil); err != nil && fault.KindOf(err) != fault.NotFound {
			return about(err, "remove the account %s", accessKey)
		}
	}
	_, err := v.ask(ctx, http.MethodDelete, "/"+bucket, url.Values{"policy": {""}}, nil)
	if err == nil {
		err = v.own(ctx, bucket, v.AccessKey)
	}
	if fault.KindOf(err) == fault.NotFound { // the bucket
		return nil
	}
	return about(err, "remove the policy of the bucket %s", bucket)
}

// policy is a bucket policy (Amazon S3, 2012-10-17).
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Principal map[string][]string
	Action    []string
	Resource  []string
}

// What an account does with its bucket, and what the system's readers do: nothing that changes who may use the bucket.
var (
	bucketActions = []string{"s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"}
	objectActions = []string{
		"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:PutObjectTagging",
		"s3:DeleteObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
	}
	readActions = []string{"s3:GetObject"}
)

func policyOf(bucket, accessKey string, readers []string) policy {
	itself, within := []string{"arn:aws:s3:::" + bucket}, []string{"arn:aws:s3:::" + bucket + "/*"}
	owner := map[string][]string{"AWS": {accessKey}}
	p := policy{Version: "2012-10-17", Statement: []statement{
		{"Allow", owner, bucketActions, itself}, {"Allow", owner, objectActions, within},
	}}
	if len(readers) > 0 {
		reader := map[string][]string{"AWS": readers}
		p.Statement = append(p.Statement, statement{"Allow", reader, bucketActions, itself}, statement{"Allow", reader, readActions, within})
	}
	return p
}

// administer asks the administration API.
func (v *versity) administer(ctx context.Context, path string, query url.Values, body any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = xml.Marshal(body); err != nil {
			return fault.Classify(fault.Internal, err, "a request to the administration of the object store")
		}
	}
	_, err := v.ask(ctx, http.MethodPatch, path, query, text)
	return err
}

// ask sends a signed request, and gives the answer or classifies what it says. Neither the request nor the answer's text
// beyond its code and message is told, for they may hold secrets.
func (v *versity) ask(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	u := v.base.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "a request to the object store")
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", digest)
	keys := aws.Credentials{AccessKeyID: v.AccessKey, SecretAccessKey: v.SecretKey}
	if err := v.signer.SignHTTP(ctx, keys, request, digest, "s3", v.Region, time.Now()); err != nil {
		return nil, fault.Classify(fault.Internal, err, "signing a request to the object store")
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "the object store does not answer: %w", unaddressed(err))
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "the answer of the object store did not come whole")
	}
	return answer, refusal(response.StatusCode, answer)
}

// unaddressed is a failure of the client without the address that was asked for.
func unaddressed(err error) error {
	if of, ok := err.(*url.Error); ok {
		return of.Err
	}
	return err
}

// refusal classifies an answer that is none of the 200s.
func refusal(status int, answer []byte) error {
	if status/100 == 2 {
		return nil
	}
	var said struct {
		Code    string
		Message string
	}
	_ = xml.Unmarshal(answer, &said) // its status tells the rest
	kind := fault.Internal
	switch {
	case status == http.StatusNotFound:
		kind = fault.NotFound
	case status == http.StatusConflict:
		kind = fault.Conflict
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		kind = fault.Forbidden
	case status == http.StatusNotImplemented, status == http.StatusMethodNotAllowed:
		kind = fault.Unsupported
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		kind = fault.Unavailable
	}
	return fault.New(kind, "the object store answered %d %s", status, strings.TrimSpace(said.Code+" "+said.Message))
}

// about says what was being done; a failure keeps its kind.
func about(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fault.Classify(fault.KindOf(err), err, "%s", "cannot "+fmt.Sprintf(format, args...))
}
