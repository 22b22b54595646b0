package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"perigee/local-runner/s3/telling"
)

// settingsVariable hands the settings to the child: other users cannot read a process's environment, but they can read
// its arguments.
const settingsVariable = "PERIGEE_S3_SETTINGS"

// healthPath hides a bucket of this name, which is no valid bucket name for others.
const healthPath = "/healthz"

// largestCopy is the largest object that can be copied within the store, the limit of S3 itself.
const largestCopy = 5 << 30

// settings is what the child is told.
type settings struct {
	Address, Dir, AccessKey, SecretKey, Webhook string
	Sidecar                                     bool
}

// Serve runs the store in this process until ctx ends. Its settings come from the environment that Start made.
func Serve(ctx context.Context) error {
	var told settings
	if err := json.Unmarshal([]byte(os.Getenv(settingsVariable)), &told); err != nil {
		return fmt.Errorf("this command is started by the runner itself: %w", err)
	}
	storer, opts, err := told.metadata()
	if err != nil {
		return err
	}
	backend, err := posix.New(bucketsPath(told.Dir), storer, opts)
	if err != nil {
		return fmt.Errorf("opening the object store: %w", err)
	}
	if told.Webhook == "" {
		return embedgw.RunVersityGW(ctx, backend, told.gateway())
	}
	return embedgw.RunVersityGW(ctx, telling.Wrap(backend, told.Webhook), told.gateway())
}

func (t settings) metadata() (meta.MetadataStorer, posix.PosixOpts, error) {
	opts := posix.PosixOpts{CopyObjectThreshold: largestCopy, ValidateBucketNames: true}
	if !t.Sidecar {
		return meta.XattrMeta{}, opts, nil
	}
	opts.SideCarDir = sidecarPath(t.Dir)
	storer, err := meta.NewSideCar(opts.SideCarDir)
	if err != nil {
		return nil, opts, fmt.Errorf("opening the object store: %w", err)
	}
	return storer, opts, nil
}

// gateway allows every origin: whoever asks must sign the request anyhow, and a web page may read with a signed URL.
// Accounts are not remembered between requests, so that one that was removed opens nothing any more.
func (t settings) gateway() *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess: t.AccessKey, RootUserSecret: t.SecretKey, Region: Region, Ports: []string{t.Address},
		MaxConnections: 4096, MaxRequests: 2048, MultipartMaxParts: 10000, KeepAlive: true, Quiet: true,
		HealthPath: healthPath, CORSAllowOrigin: "*", DisableACLs: true,
		IAMDir: accountsPath(t.Dir), IAMCacheDisable: true,
	}
}
