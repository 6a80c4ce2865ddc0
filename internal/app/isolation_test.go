package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestWhatRunsMustNotSee(t *testing.T) {
	t.Parallel()
	certificate := filepath.Join(t.TempDir(), "certificate")
	if err := os.WriteFile(certificate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.DataDir, c.File = "/srv/terrace", "/etc/terrace.yaml"
	c.Database, c.Key, c.FormerKeys = "sqlite:///db/t.db", "base64key://a", []string{"file:///old/kek"}
	c.DatabaseFile, c.GatewayRedisFile, c.PolicyTokenFile, c.PKI = "/secrets/database", "/secrets/redis", "/secrets/policies", "/secrets/pki"
	stages := []stage.Stage{
		{GitOps: stage.GitOps{TokenFile: "/git/token"}},
		{Verify: []stage.Check{{Prometheus: &stage.PrometheusCheck{TokenFile: "/prometheus/token"}}}},
	}
	got := hidden(c, stages, []string{
		"ARM_CLIENT_CERTIFICATE_PATH=" + certificate, "PLAN_ARM_OIDC_TOKEN_FILE_PATH=" + certificate, "AZURE_X=/etc", "PATH=/bin",
		"XDG_STATE_HOME=/var/state", "XDG_CONFIG_HOME=/var/config", "XDG_DATA_HOME=",
	})
	slices.Sort(got)
	want := []string{"/db/t.db", "/db/t.db-shm", "/db/t.db-wal", "/etc/terrace.yaml", "/secrets/database", "/secrets/redis", "/secrets/policies", "/secrets/pki", "/git/token", "/prometheus/token", "/old/kek", "/srv/terrace/blobs", "/srv/terrace/keys/tenant-keys", "/var/state/terrace", "/var/config/terrace", certificate, certificate}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("hidden: %v, want %v", got, want)
	}
}
