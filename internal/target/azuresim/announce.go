package azuresim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

func (s *Server) announcement() string {
	return filepath.Join(cmp.Or(s.cfg.Announce, s.folder), azuresimclient.FileRunning)
}

// announce writes the file by which commands find the server.
func (s *Server) announce() error {
	path := s.announcement()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("say that the simulated Azure runs: %w", err)
	}
	raw, err := json.MarshalIndent(azuresimclient.Running{Endpoint: s.Endpoint(), CAFile: s.CAFile(), Key: s.cloud.OperationsKey, PID: os.Getpid(), Env: s.Env()}, "", "  ")
	if err != nil {
		return err
	}
	if err := wholefile.Replace(path, raw, 0o600); err != nil {
		return fmt.Errorf("say that the simulated Azure runs: %w", err)
	}
	return nil
}

// withdraw removes that file, unless another simulator has written it since.
func (s *Server) withdraw() error {
	if s.listener == nil {
		return nil
	}
	found, err := azuresimclient.Find(filepath.Dir(s.announcement()))
	if err != nil || found.PID != os.Getpid() || found.Endpoint != s.Endpoint() {
		return nil //nolint:nilerr // nothing of ours is there
	}
	if err := os.Remove(s.announcement()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("say that the simulated Azure has ended: %w", err)
	}
	return nil
}

// Env is what a client needs in its environment to reach the simulator and no real cloud.
//
// NO_PROXY does not name localhost: Go's clients would take that for all of its
// subdomains, and the data planes' names are such.
func (s *Server) Env() map[string]string {
	return map[string]string{
		"ARM_METADATA_HOST":     "localhost:" + port(s.listener.Addr()), // what tofu's azurerm backend reads
		"ARM_METADATA_HOSTNAME": "localhost:" + port(s.listener.Addr()),
		"ARM_TENANT_ID":         s.cloud.TenantID,
		"ARM_SUBSCRIPTION_ID":   s.cloud.SubscriptionID,
		"ARM_CLIENT_ID":         s.cloud.ClientID,
		"ARM_CLIENT_SECRET":     s.cloud.ClientSecret,
		"SSL_CERT_FILE":         s.CAFile(),
		"HTTPS_PROXY":           "http://127.0.0.1:" + port(s.proxy.listener.Addr()),
		"NO_PROXY":              "127.0.0.1",
	}
}
