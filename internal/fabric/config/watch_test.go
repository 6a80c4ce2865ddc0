package config_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/config"
)

func TestWhatWorkloadsGetMayHaveChanged(t *testing.T) {
	t.Parallel()
	for fact, want := range map[string]bool{
		"config.changed": true, "config.token-revoked": true, "config.secrets-delivered": false, "secret.read": false, "run.planned": false,
		"secret.changed": true, "secret.version_deleted": true, "secret.version_undeleted": true, "secret.version_destroyed": true, "secret.deleted": true,
	} {
		if got := config.Concerns(fact); got != want {
			t.Errorf("%s: %v, want %v", fact, got, want)
		}
	}
}
