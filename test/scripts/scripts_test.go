// Package scripts runs testscripts of the client against a booted server.
//
// It owns the scripts and what they need to run. Scripts of the client alone are
// internal/cli's.
package scripts_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestScripts runs what the client's users type against a daemon of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	run(t, ".", d)
	t.Run("a stage or a workload that there is not", func(t *testing.T) { t.Parallel(); nowhere(t, d) })
	t.Run("what there is not", func(t *testing.T) { t.Parallel(); missing(t, d) })
	t.Run("lists of nothing", func(t *testing.T) { t.Parallel(); nothing(t, d) })
}

// TestGatewayScripts runs those of the gateway's documents.
func TestGatewayScripts(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	_, port, err := net.SplitHostPort(d.Gateway)
	if err != nil {
		t.Fatal(err)
	}
	run(t, "gateway", d, "GATEWAY_PORT="+port)
}

// TestKubernetesScripts runs those of stages whose workloads go to Git.
func TestKubernetesScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	config := filepath.Join(t.TempDir(), "terrace.yaml")
	const stages = "stages:\n" +
		"  - {name: dev, order: 1, target: local, runtime: kubernetes}\n" +
		"  - {name: test, order: 2, target: local, runtime: kubernetes}\n"
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "kubernetes", harness.Start(t, "--config", config))
}

// TestSourceScripts runs those of repositories that are the source of truth.
func TestSourceScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on PATH")
	}
	config := filepath.Join(t.TempDir(), "terrace.yaml")
	const stages = "stages:\n  - {name: dev, order: 1, target: local, runtime: kubernetes}\n  - {name: test, order: 2, target: local, runtime: kubernetes}\n"
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "source", harness.Start(t, "--config", config))
}

// TestPromotionScripts runs those of stages that soak, open, close and promote
// by themselves.
func TestPromotionScripts(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "terrace.yaml")
	const stages = "stages:\n" +
		"  - {name: dev, order: 1, target: local, runtime: process, soak: 1h}\n" +
		"  - {name: test, order: 2, target: local, runtime: process}\n" +
		"  - {name: auto, order: 3, target: local, runtime: process, autoPromote: true}\n" +
		"  - name: prod\n    order: 4\n    target: local\n    runtime: process\n" +
		"    windows: [{name: freeze, kind: deny, rrule: FREQ=DAILY, timezone: Europe/Berlin, duration: 24h}]\n"
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "promotion", harness.Start(t, "--config", config))
}

// TestRolloutScripts runs those of a stage where releases take over in steps, and where another
// person approves.
func TestRolloutScripts(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "terrace.yaml")
	const stages = `stages:
  - name: dev
    order: 1
    target: local
    runtime: process
    approvals: {count: 1, role: approver, otherThanRequester: true}
    rollout: {strategy: canary, steps: [{setWeight: 20, pause: 10m}, {setWeight: 60, pause: 10m}]}
`
	if err := os.WriteFile(config, []byte(stages), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "rollout", harness.Start(t, "--config", config))
}

// TestVerifyScripts runs those of a stage that is verified by a command, which
// fails for the release that a file names.
func TestVerifyScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, sick := filepath.Join(dir, "terrace.yaml"), filepath.Join(dir, "sick")
	const stages = `stages:
  - name: dev
    order: 1
    target: local
    runtime: process
    rollback: automatic
    verify:
      - name: smoke
        command:
          argv: [sh, -c, 'if grep -qs "$TERRACE_RELEASE" %s; then echo the orders are gone; exit 7; fi; echo "checked $TERRACE_URL of release $TERRACE_RELEASE"']
  - {name: test, order: 2, target: local, runtime: process, approvals: {count: 1, role: approver}}
`
	if err := os.WriteFile(config, fmt.Appendf(nil, stages, sick), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "verify", harness.Start(t, "--config", config), "SICK="+sick)
}

// TestPolicyScripts runs those of a daemon with a folder of policies, of which one is
// about two projects, and a level that no policy has.
func TestPolicyScripts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const rule = `# METADATA
# title: What is old is replaced
# custom: {id: old-api, level: soft-mandatory, fix: use the new one, resources: [terrace_service]}
package old

deny contains {"msg": "is of the old kind", "address": r.address} if {
	input.terrace.project in {"script-exempt", "script-eval"}
	some r in input.resource_changes
	r.type == "terrace_service"
}
`
	if err := os.WriteFile(filepath.Join(folder, "old.rego"), []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "policy", harness.Start(t, "--policy-folders", folder, "--policy-levels", "no-such-rule=advisory@stage=dev"), "POLICIES="+folder)
}

func run(t *testing.T, dir string, d *harness.Daemon, variables ...string) {
	t.Helper()
	signIn := d.SignIn()
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true, Cmds: drifting(),
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, variables...)
			_, port, err := net.SplitHostPort(d.DNS)
			if err != nil {
				return err
			}
			env.Setenv("DNS_PORT", port)
			env.Setenv("GITOPS", filepath.Join(d.Data, "gitops"))
			env.Setenv("PATH", filepath.Dir(harness.Bin(t, "terrace"))+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("TERRACE_ADDRESS", signIn.Address)
			env.Setenv("TERRACE_TOKEN", signIn.Token)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOPATH"} {
				if value := goEnv(t, name); value != "" {
					env.Setenv(name, value)
				}
			}
			return nil
		},
	})
}

// goEnv returns a setting of the Go tool: scripts build services with the
// tester's caches, as their home is a folder of their own.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
