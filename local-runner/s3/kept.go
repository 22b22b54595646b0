package s3

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/versity/versitygw/backend/meta"

	"perigee/local-runner/child"
)

// kept is what a store remembers from one start to the next.
type kept struct {
	Port      int    `json:"port"`
	AccessKey string `json:"accessKey"`
	SecretKey string `json:"secretKey"`
	// Sidecar says that the objects' metadata are in files of their own, because the file system of the first start
	// had no extended attributes.
	Sidecar bool `json:"sidecar"`
}

func keptPath(dir string) string    { return filepath.Join(dir, "store.json") }
func bucketsPath(dir string) string { return filepath.Join(dir, "buckets") }
func sidecarPath(dir string) string { return filepath.Join(dir, "metadata") }

// accountsPath is where the accounts are that the owner makes for others, with their secrets.
func accountsPath(dir string) string { return filepath.Join(dir, "accounts") }

// open makes the folders of a store and reads or makes what it remembers.
func open(dir string) (kept, error) {
	for _, path := range []string{bucketsPath(dir), sidecarPath(dir)} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return kept{}, fmt.Errorf("making the folder of the object store: %w", err)
		}
	}
	if err := os.MkdirAll(accountsPath(dir), 0o700); err != nil {
		return kept{}, fmt.Errorf("making the folder of the object store's accounts: %w", err)
	}
	text, err := os.ReadFile(keptPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir)
	}
	if err != nil {
		return kept{}, fmt.Errorf("reading the object store's settings: %w", err)
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return kept{}, fmt.Errorf("reading the object store's settings: %s: %w", keptPath(dir), err)
	}
	return k, nil
}

func create(dir string) (kept, error) {
	secret := make([]byte, 20)
	if _, err := rand.Read(secret); err != nil {
		return kept{}, fmt.Errorf("making the object store's credentials: %w", err)
	}
	k := kept{
		AccessKey: "perigee",
		SecretKey: hex.EncodeToString(secret),
		Sidecar:   meta.XattrMeta{}.Test(bucketsPath(dir)) != nil,
	}
	return k, k.save(dir)
}

func (k kept) save(dir string) error {
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("keeping the object store's settings: %w", err)
	}
	if err := os.WriteFile(keptPath(dir), text, 0o600); err != nil {
		return fmt.Errorf("keeping the object store's settings: %w", err)
	}
	return nil
}

// take puts what the configuration wants in the place of what was kept.
func (k *kept) take(cfg Config) error {
	if (cfg.AccessKey == "") != (cfg.SecretKey == "") {
		return errors.New("the object store's owner needs both an access key and a secret key, or neither")
	}
	if cfg.AccessKey != "" {
		k.AccessKey, k.SecretKey = cfg.AccessKey, cfg.SecretKey
	}
	if cfg.Address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(cfg.Address)
	if err == nil {
		k.Port, err = strconv.Atoi(port)
	}
	if err != nil || k.Port < 1 || k.Port > 65535 {
		return fmt.Errorf("%q is not an address for the object store, such as 127.0.0.1:9000", cfg.Address)
	}
	return nil
}

// choosePort keeps the port of last time while it is free, so that a noted address stays good. A wanted one is not
// replaced.
func (k *kept) choosePort(cfg Config) error {
	if cfg.Address != "" {
		if !child.PortIsFree(k.Port) {
			return fmt.Errorf("somebody already listens on port %d, where the object store should", k.Port)
		}
		return k.save(cfg.Dir)
	}
	if k.Port != 0 && child.PortIsFree(k.Port) {
		return nil
	}
	port, err := child.FreePort()
	if err != nil {
		return err
	}
	k.Port = port
	return k.save(cfg.Dir)
}

func (k kept) settings(cfg Config) settings {
	return settings{
		Address: cmp.Or(cfg.Address, fmt.Sprintf("127.0.0.1:%d", k.Port)), Dir: cfg.Dir, Sidecar: k.Sidecar,
		AccessKey: k.AccessKey, SecretKey: k.SecretKey, Webhook: cfg.Webhook,
	}
}
