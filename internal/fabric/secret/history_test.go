package secret_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestAllThatIsSaidOfASecretIsRecorded(t *testing.T) {
	t.Parallel()
	s, j := newService(t, dbtest.SQLite(t, secretsql.Migrations()))
	err := s.Configure(system(dev), dev, "db", func(m *secret.Metadata) error {
		m.MaxVersions, m.CASRequired, m.DeleteAfter, m.Custom = 3, true, time.Hour, map[string]string{"owner": "shop", "area": "pay"}
		return nil
	})
	if err != nil || len(j.facts) != 1 {
		t.Fatalf("%v, facts %v", err, j.facts)
	}
	want := map[string]any{"maxVersions": 3, "casRequired": true, "deleteAfter": "1h0m0s", "custom": []string{"area", "owner"}}
	if diff := cmp.Diff(want, j.facts[0].Data); diff != "" {
		t.Error(diff)
	}
}
