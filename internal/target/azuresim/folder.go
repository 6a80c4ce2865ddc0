package azuresim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/authority"
)

// The files of a simulator's folder.
const (
	fileCloud = "cloud.json"
	fileCA    = "ca.pem"
	fileState = "state.db"
	fileLock  = "lock"
)

// keyBits is the size of the keys that sign tokens.
const keyBits = 2048

// cloud is what a folder keeps of its cloud: who it is, and its keys. Its file is readable
// by its owner alone.
type cloud struct {
	TenantID       string `json:"tenantId"`
	SubscriptionID string `json:"subscriptionId"`
	ClientID       string `json:"clientId"`
	ClientSecret   string `json:"clientSecret"`
	ObjectID       string `json:"objectId"`
	OperationsKey  string `json:"operationsKey"`
	Root           string `json:"root"`
	RootKey        string `json:"rootKey"`
	SigningKey     string `json:"signingKey"`
	PlayingKey     string `json:"playingKey"`
}

// holdFolder makes this the only simulator in a folder, until it ends: two would not see what
// the other writes.
func holdFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the simulated Azure: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, fileLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("hold the folder of the simulated Azure: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(kernel.Errorf(kernel.Conflict, "another simulated Azure works in %s", dir).
			WithFix("stop it, or give this one a folder of its own with --data"), f.Close())
	}
	return f, nil
}

// openFolder reads a folder's cloud, or makes one.
func openFolder(dir string, now time.Time) (*cloud, error) {
	path := filepath.Join(dir, fileCloud)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createCloud(path, now)
	}
	if err != nil {
		return nil, fmt.Errorf("read the simulated Azure: %w", err)
	}
	var c cloud
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("read the simulated Azure: %s: %w", path, err)
	}
	return &c, nil
}

func createCloud(path string, now time.Time) (*cloud, error) {
	c := &cloud{
		TenantID: arm.NewUUID(), SubscriptionID: arm.NewUUID(), ClientID: arm.NewUUID(), ObjectID: arm.NewUUID(),
		ClientSecret: secret(), OperationsKey: secret(),
	}
	var err error
	if c.Root, c.RootKey, err = authority.Create(now); err != nil {
		return nil, err
	}
	for _, key := range []*string{&c.SigningKey, &c.PlayingKey} {
		if *key, err = newKey(); err != nil {
			return nil, err
		}
	}
	raw, err := json.Marshal(c) //nolint:gosec // a folder of the owner alone keeps the secrets of a simulation
	if err != nil {
		return nil, err
	}
	if err := wholefile.Create(path, raw); err != nil {
		return nil, fmt.Errorf("write the simulated Azure: %w", err)
	}
	return c, nil
}

func secret() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

func newKey() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", fmt.Errorf("make a key for tokens: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
}

func readKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("read a key of the simulated Azure: not PEM")
	}
	return x509.ParsePKCS1PrivateKey(block.Bytes)
}
