package scripts_test

import (
	"os/exec"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestVaultScripts runs those of stages whose secrets are kept in a key vault, of a daemon
// with the simulated Azure.
func TestVaultScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not on PATH")
	}
	d := harness.Start(t, "--azure-sim")
	run(t, "vault", d, "DATA="+d.Data, "VAULT=https://kv-script.vault.azuresim.localhost", "CLIENT=33333333-3333-3333-3333-333333333333")
}
