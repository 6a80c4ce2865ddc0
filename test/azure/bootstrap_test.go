package azure_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// subscription is what the bootstrap made: who may sign in, and where states are.
type subscription struct {
	Environments struct {
		Value map[string]struct {
			ClientID       string `json:"client_id"`
			SubscriptionID string `json:"subscription_id"`
		}
	}
	Backends struct {
		Value map[string]struct {
			Account   string `json:"storage_account_name"`
			Container string `json:"container_name"`
		}
	}
}

// job is what a workflow's job in a GitHub environment has.
func (s subscription) job(t *testing.T, sim *simulator, environment string) []string {
	t.Helper()
	as := s.Environments.Value[environment]
	return sim.job(t, environment, as.ClientID, as.SubscriptionID)
}

// bootstrap makes what a subscription needs for two stages, as the guide tells
// it, and checks that there is nothing left to do.
func (s toolset) bootstrap(t *testing.T, sim *simulator, stage, other string) subscription {
	t.Helper()
	dir := filepath.Join(copied(t), "bootstrap")
	text := `
stages            = { ` + stage + ` = {}, ` + other + ` = {} }
github_repository = "` + repository + `"
allowed_ip_rules  = ["203.0.113.7"]
tags              = { costcenter = "4711", env = "platform", owner = "platform-team" }
terrace           = { issuer = "https://oidc.example.com/cluster/", subject = "system:serviceaccount:terrace:terrace" }
`
	if err := os.WriteFile(filepath.Join(dir, "terraform.tfvars"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := sim.owner()
	s.must(t, dir, env, s.terraform, "init", "-no-color")
	s.must(t, dir, env, s.terraform, "apply", "-auto-approve", "-no-color", parallelism)
	s.must(t, dir, env, s.terraform, "plan", "-detailed-exitcode", "-no-color", parallelism)
	var made subscription
	if err := json.Unmarshal([]byte(s.must(t, dir, env, s.terraform, "output", "-json")), &made); err != nil {
		t.Fatal(err)
	}
	s.migrated(t, dir, env)
	return made
}

// migrated moves the bootstrap's own state into the account that it made.
func (s toolset) migrated(t *testing.T, dir string, env []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "backend.tf.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "backend.tf"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, dir, env, s.terraform, "init", "-migrate-state", "-force-copy", "-no-color")
	if err := os.Remove(filepath.Join(dir, "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	if list := s.must(t, dir, env, s.terraform, "state", "list"); !strings.Contains(list, "azurerm_storage_account.this") {
		t.Errorf("the state did not move: %s", list)
	}
}

// signIns checks who gets to which state.
func (s toolset) signIns(t *testing.T, sim *simulator, made subscription, stage string) {
	t.Helper()
	for name, c := range map[string]struct{ environment, as, container, refused string }{
		"a stage's apply opens its state":       {stage, stage, stage, ""},
		"its plan makes no state":               {"other-plan", "other-plan", "other", "blobs/write"},
		"nobody opens another stage's state":    {stage, stage, "other", "403"},
		"a job is not another stage's identity": {stage, "other", "other", "AADSTS"},
		"a plan is not the apply's identity":    {stage + "-plan", stage, stage, "AADSTS"},
	} {
		as := made.Environments.Value[c.as]
		out, err := s.stateOf(t, sim.job(t, c.environment, as.ClientID, as.SubscriptionID), c.container)
		if (err == nil) != (c.refused == "") || !strings.Contains(out, c.refused) {
			t.Errorf("%s: want a refusal with %q, got %v: %s", name, c.refused, err, out)
		}
	}
}

// stateOf opens the state of a stage, with nothing but the backend.
func (s toolset) stateOf(t *testing.T, env []string, stage string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	text := "terraform {\n  backend \"azurerm\" {\n    use_oidc         = true\n    use_azuread_auth = true\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run(t, dir, env, s.terraform, "init", "-no-color", "-backend-config="+tree(t, "iac", "environments", "dev", "backend.tfvars"), "-backend-config=container_name=tfstate-"+stage); err != nil {
		return out, err
	}
	return s.run(t, dir, env, s.terraform, "plan", "-lock=false", "-no-color")
}
