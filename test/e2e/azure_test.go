package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// azureScore needs what a workload needs on any target.
const azureScore = `apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations: {terrace.dev/version: 1.0.0}
service:
  ports: {web: {port: 80, targetPort: 8080}}
containers:
  main:
    image: registry.example.com/orders@sha256:%s
    variables:
      DB: "${resources.db.username}:${resources.db.password}@${resources.db.host}:${resources.db.port}/${resources.db.name}"
      CACHE: "${resources.cache.host}:${resources.cache.port}"
      CACHE_PASSWORD: ${resources.cache.password}
      CONFIG: ${resources.settings.stream}
      CONFIG_TOKEN: ${resources.settings.token}
      EVENTS: ${resources.events.url}/${resources.events.subject}
resources:
  db: {type: mysql}
  cache: {type: redis}
  events: {type: kafka-topic}
  settings: {type: config}
  name: {type: dns, id: orders}
  web: {type: route, params: {path: /, port: web}}
`

// TestAzure carries a workload through five stages whose target is a simulated
// Azure, with the commands of the local target. In three of the applies the
// daemon dies, each time at another moment; beside the last one what was
// deployed first is changed behind Terraform's back.
func TestAzure(t *testing.T) {
	t.Parallel()
	mirror := os.Getenv("TERRACE_AZURERM_MIRROR")
	if mirror == "" {
		t.Skip("TERRACE_AZURERM_MIRROR names no mirror with the provider azurerm; `terraced tools install azurerm` prints one")
	}
	d := harness.Start(t, "--azure-sim", "--config", "../../docs/examples/azure.yaml", "--provider-mirror", mirror, "--cluster-url", "https://terrace.example.com")
	a := azure{Person: d.Project(t.Context(), t, "shop"), t: t, folder: t.TempDir(), mirror: mirror}
	a.approver = a.Colleague(t.Context(), "grace", "approver")
	a.landingZones("dev", "test", "int", "qs", "prod")
	file := write(t, filepath.Join(a.folder, "score.yaml"), fmt.Sprintf(azureScore, strings.Repeat("ab", 32)))
	run := a.interrupted(`event_hub["main/workload"]: Creating`, "deploy", file, "--stage", "dev")
	for _, to := range []string{"test", "int", "qs", "prod"} {
		promote := a.carry
		if moment := moments()[to]; moment != "" {
			promote = func(args ...string) harness.Run { return a.interrupted(moment, args...) }
		}
		if to == "prod" {
			promote = func(...string) harness.Run { return a.beside(to, a.drifts) }
		}
		if next := promote("promote", "orders", "--to", to); next.Release != run.Release {
			t.Errorf("%s got release %+v, not %+v", to, next.Release, run.Release)
		}
	}
	for _, stage := range []string{"prod", "qs", "int", "test", "dev"} {
		a.carry("destroy", "orders", "--stage", stage, "--yes")
	}
	// A resource group that still has anything in it would be refused.
	a.terraform(filepath.Join(a.folder, "landing-zone"), "destroy", "-no-color", "-auto-approve", "-parallelism=20")
}

// moments are what the log of a promotion says when the daemon dies, by stage.
func moments() map[string]string {
	return map[string]string{
		"test": `azurerm_key_vault_secret.this: Creation complete`, // a secret is in the vault, and in no state
		"int":  `azurerm_managed_redis.this[0]: Still creating`,    // a cluster has no database yet
	}
}

type azure struct {
	harness.Person

	t              *testing.T
	approver       harness.Person
	folder, mirror string
}

// carry runs a command to the end of its run, with the approval that it may need.
func (a azure) carry(args ...string) harness.Run {
	a.t.Helper()
	run, result := a.Start(a.t.Context(), args...)
	if run.Status == "awaiting_approval" {
		return a.approver.Succeed(a.t.Context(), "run", "approve", run.ID, "--yes", "--wait")
	}
	if run.Status != "succeeded" {
		a.t.Fatalf("terrace %s: run %s is %q: %s\n%s", strings.Join(args, " "), run.ID, run.Status, result, a.Terrace(a.t.Context(), "run", "logs", run.ID).Stdout)
	}
	return run
}

// interrupted runs a command and kills the daemon when the log of its apply says
// that it is the moment: the run goes on by itself with what is there.
func (a azure) interrupted(moment string, args ...string) harness.Run {
	a.t.Helper()
	ctx := a.t.Context()
	run, _ := a.Start(ctx, append(args, "--no-wait")...)
	harness.Eventually(a.t, moment, func() (string, bool) {
		logs := a.Terrace(ctx, "run", "logs", run.ID).Stdout
		return logs, strings.Contains(logs, moment)
	})
	a.Kill()
	a.Boot()
	logs := a.Must(ctx, "run", "logs", "-f", run.ID)
	ended := a.Runs(ctx, "orders")[0]
	if ended.ID != run.ID || ended.Status != "succeeded" || len(ended.Adopted) == 0 {
		a.t.Fatalf("after a crash at %q the run is %q, with %v adopted:\n%s", moment, ended.Status, ended.Adopted, logs)
	}
	return ended
}

// landingZones makes a small landing zone for each of some stages and registers it.
func (a azure) landingZones(stages ...string) {
	a.t.Helper()
	root := filepath.Join(a.folder, "landing-zone")
	if err := os.CopyFS(root, os.DirFS("testdata/landing-zone")); err != nil {
		a.t.Fatal(err)
	}
	named, err := json.Marshal(map[string]any{"stages": stages})
	if err != nil {
		a.t.Fatal(err)
	}
	write(a.t, filepath.Join(root, "stages.auto.tfvars.json"), string(named))
	a.terraform(root, "init", "-no-color")
	a.terraform(root, "apply", "-no-color", "-auto-approve", "-parallelism=20")
	var outputs struct {
		Stages struct{ Value map[string]map[string]any }
	}
	if err := json.Unmarshal(a.terraform(root, "output", "-json"), &outputs); err != nil {
		a.t.Fatal(err)
	}
	for stage, values := range outputs.Stages.Value {
		printed := map[string]any{}
		for name, value := range values {
			printed[name] = map[string]any{"sensitive": false, "value": value}
		}
		raw, err := json.Marshal(printed)
		if err != nil {
			a.t.Fatal(err)
		}
		a.Must(a.t.Context(), "landing-zone", "set", "--stage", stage, "--file", write(a.t, filepath.Join(a.folder, stage+".json"), string(raw)))
	}
}

// terraform runs the bare tool against the simulation.
func (a azure) terraform(root string, args ...string) []byte {
	a.t.Helper()
	rc := write(a.t, filepath.Join(a.folder, "rc"), fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", a.mirror))
	cmd := exec.CommandContext(a.t.Context(), tool(a.t), args...)
	cmd.Dir = root
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.folder, "TF_CLI_CONFIG_FILE=" + rc}, a.simulation()...)
	out, err := cmd.Output()
	if err != nil {
		var said string
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as Output returns it
			said = string(exit.Stderr)
		}
		a.t.Fatalf("terraform %s: %v\n%s\n%s", args[0], err, out, said)
	}
	return out
}

// simulation is what `terraced azuresim env` tells of the daemon's simulation.
func (a azure) simulation() []string {
	a.t.Helper()
	var running struct{ Env map[string]string }
	found, err := filepath.Glob(filepath.Join(a.Data, "azuresim", "*.json"))
	if err != nil {
		a.t.Fatal(err)
	}
	for _, file := range found {
		raw, err := os.ReadFile(file)
		if err == nil && json.Unmarshal(raw, &running) == nil && len(running.Env) > 0 {
			break
		}
	}
	var env []string
	for name, value := range running.Env {
		env = append(env, name+"="+value)
	}
	if len(env) == 0 {
		a.t.Fatalf("the simulation does not say where it is: %v", found)
	}
	return env
}
