package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// bare is terraform by hand: init, plan and apply of a root module in an empty
// folder, over the same state backend, registry, provider and planes as a run.
type bare struct {
	tool, address, mirror string
	scope                 kernel.Scope
	tokens                *tokens.Issuer
	leases                *runsql.Store
}

// byHand lets terraform work beside the daemon with the credentials of runs,
// for which the daemon's own key and table of leases are used.
func (p *platform) byHand(b *testing.B) bare {
	b.Helper()
	status, err := p.client.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	key, err := tokens.LoadKey(filepath.Join(p.Data, "keys", "run-tokens"))
	if err != nil {
		b.Fatal(err)
	}
	database, err := db.Open(b.Context(), "sqlite://"+filepath.Join(p.Data, "terrace.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = database.Close() })
	return bare{
		tool: status.Tool.Path, address: "http://" + p.API, mirror: filepath.Join(p.Data, "mirror"),
		scope:  kernel.Scope{Tenant: "default", Project: p.project, Stage: "dev"},
		tokens: tokens.NewIssuer(key, nil), leases: runsql.NewStore(database),
	}
}

// stack is a stack that terraform by hand holds.
type stack struct {
	bare
	id, token string
}

// hold takes the workload's stack in dev, as a run would that never ends.
func (t bare) hold(b *testing.B, workload string) stack {
	b.Helper()
	id := kernel.StackID(t.scope, workload)
	old, err := t.leases.Lease(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	lease := run.Lease{Fence: old.Fence + 1, Run: "run_byhand", Node: "bench", Process: "bench", Expires: time.Now().Add(time.Hour)}
	if err := t.leases.SwapLease(b.Context(), id, old, lease); err != nil {
		b.Fatal(err)
	}
	token, err := t.tokens.Issue(tokens.Run{
		Run: lease.Run, Stack: id, Scope: t.scope, Workload: workload, Fence: lease.Fence,
		Phase: tokens.PhaseApply, Expires: lease.Expires,
	})
	if err != nil {
		b.Fatal(err)
	}
	return stack{bare: t, id: id, token: token}
}

// apply does init, plan and apply of the root module.
func (s stack) apply(b *testing.B, root map[string]string) {
	b.Helper()
	dir := b.TempDir()
	files := map[string]string{
		"backend_override.tf.json": `{"terraform":{"backend":{"http":{}}}}`,
		"terraform.rc":             s.config(),
	}
	for name, content := range root {
		files[name] = content
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for _, args := range []string{"init -input=false", "plan -input=false -out=plan", "apply -input=false plan"} {
		cmd := exec.CommandContext(b.Context(), s.tool, strings.Fields(args)...)
		cmd.Dir, cmd.Env = dir, s.environment(dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", args, err, out)
		}
	}
}

func (s stack) config() string {
	return fmt.Sprintf(`disable_checkpoint = true
host "terrace.localhost" {
  services = { "modules.v1" = "%s/registry/v1/modules/" }
}
credentials "terrace.localhost" {
  token = %q
}
provider_installation {
  filesystem_mirror {
    path = %q
  }
}
`, s.address, s.token, s.mirror)
}

func (s stack) environment(dir string) []string {
	state := s.address + "/state/v1/" + s.id
	return append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(dir, "terraform.rc"), "CHECKPOINT_DISABLE=1",
		"TF_HTTP_ADDRESS="+state, "TF_HTTP_LOCK_ADDRESS="+state, "TF_HTTP_LOCK_METHOD=LOCK",
		"TF_HTTP_UNLOCK_ADDRESS="+state, "TF_HTTP_UNLOCK_METHOD=UNLOCK",
		"TF_HTTP_USERNAME=run_byhand", "TF_HTTP_PASSWORD="+s.token,
		"TERRACE_ADDRESS="+s.address, "TERRACE_TOKEN="+s.token)
}

// with returns the root module with other words in it.
func with(root map[string]string, oldNew ...string) map[string]string {
	changed := map[string]string{}
	for name, content := range root {
		changed[name] = strings.NewReplacer(oldNew...).Replace(content)
	}
	return changed
}
