package e2e_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// whoAmI has a workload ask who it is, and somebody on the machine do the same.
func whoAmI(t *testing.T, p harness.Person) {
	ctx, dir, terraced := t.Context(), t.TempDir(), harness.Bin(t, "terraced")
	score, err := json.Marshal(map[string]any{
		"apiVersion": "score.dev/v1b1", "metadata": map[string]any{"name": "whoami", "annotations": map[string]string{"terrace.dev/version": "1.0.0"}},
		"containers": map[string]any{"main": map[string]any{"image": ".", "command": []string{"sh", "-c", "echo at $SPIFFE_ENDPOINT_SOCKET; " + terraced + " identity --watch"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "README"), "nothing")
	p.Succeed(ctx, "deploy", write(t, filepath.Join(dir, "score.yaml"), string(score)), "--stage", "dev")
	const id = "spiffe://localhost/tenant/default/project/identity/stage/dev/workload/whoami"
	var log string
	harness.Eventually(t, "the workload knows who it is", func() (string, bool) {
		log = p.Must(ctx, "service", "logs", "whoami", "--stage", "dev").Stdout
		return log, strings.Contains(log, id)
	})
	if all := p.Must(ctx, "certificate", "list", "--kind", "workload", "-o", "json").Stdout; !strings.Contains(all, id) {
		t.Errorf("the inventory lacks it: %s", all)
	}
	_, at, _ := strings.Cut(log, "at unix://")
	at, _, _ = strings.Cut(at, "\n")
	out, err := exec.CommandContext(ctx, terraced, "identity", "--workload-api", "unix://"+strings.TrimSpace(at)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "PermissionDenied") {
		t.Errorf("somebody at %s is told: %s", at, out)
	}
}
