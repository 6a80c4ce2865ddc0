package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/terrace-idp/terrace/test/harness"
)

// identityStage is a stage whose runs have identities. Nothing of it is asked for in Azure,
// so that it need not be there.
const identityStage = `terraform: %q
isolation: off
stages:
  - name: dev
    order: 1
    target: azure
    runtime: kubernetes
    identity:
      tenant: 11111111-1111-1111-1111-111111111111
      subscription: 22222222-2222-2222-2222-222222222222
      plan: 33333333-3333-3333-3333-333333333333
      apply: 44444444-4444-4444-4444-444444444444
`

// identityScore needs nothing that is in Azure.
const identityScore = `apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations: {terrace.dev/version: 1.0.0}
containers:
  main:
    image: registry.example.com/orders@sha256:%s
`

// identityTool is terraform, which before a plan and an apply puts aside what it has to sign
// in with.
const identityTool = `#!/bin/sh
for word in "$@"; do
	case "$word" in plan | apply)
		if [ -n "$ARM_OIDC_TOKEN_FILE_PATH" ]; then
			cat "$ARM_OIDC_TOKEN_FILE_PATH" >'%[1]s'/"$word"
			env | grep -E '^(ARM|AZURE)_' | sort >'%[1]s'/"$word".env
		fi
		break
		;;
	esac
done
exec '%[2]s' "$@"
`

// TestAzureIdentities deploys by a daemon that is its own issuer, and holds what the terraform
// of each phase finds to sign in with: tokens that a cloud would take, of two identities.
func TestAzureIdentities(t *testing.T) {
	t.Parallel()
	mirror, terraform := os.Getenv("TERRACE_AZURERM_MIRROR"), tool(t)
	if mirror == "" {
		t.Skip("TERRACE_AZURERM_MIRROR names no mirror with the provider azurerm; `terraced tools install azurerm` prints one")
	}
	folder, found := t.TempDir(), t.TempDir()
	wrapper := write(t, filepath.Join(folder, "terraform"), fmt.Sprintf(identityTool, found, terraform))
	if err := os.Chmod(wrapper, 0o700); err != nil {
		t.Fatal(err)
	}
	config := write(t, filepath.Join(folder, "terrace.yaml"), fmt.Sprintf(identityStage, wrapper))
	d := harness.Start(t, "--config", config, "--provider-mirror", mirror, "--cluster-url", "https://terrace.example.com")
	p := d.Project(t.Context(), t, "shop")
	p.Succeed(t.Context(), "deploy", write(t, filepath.Join(folder, "score.yaml"), fmt.Sprintf(identityScore, strings.Repeat("ab", 32))), "--stage", "dev")

	issuer, err := oidc.NewProvider(t.Context(), "http://"+d.API)
	if err != nil {
		t.Fatal(err)
	}
	verifier := issuer.VerifierContext(t.Context(), &oidc.Config{ClientID: "api://AzureADTokenExchange"})
	runs := map[string]bool{}
	for phase, client := range map[string]string{"plan": "33333333-3333-3333-3333-333333333333", "apply": "44444444-4444-4444-4444-444444444444"} {
		raw, err := os.ReadFile(filepath.Join(found, phase))
		if err != nil {
			t.Fatal(err)
		}
		token, err := verifier.Verify(t.Context(), string(raw))
		if err != nil {
			t.Fatalf("the token of the %s: %v", phase, err)
		}
		var claims struct {
			Run      string `json:"run_id"`
			Workload string `json:"workload"`
		}
		if err := token.Claims(&claims); err != nil {
			t.Fatal(err)
		}
		if want := "default:shop:dev:" + phase; token.Subject != want || claims.Workload != "orders" {
			t.Errorf("the %s is %s, %+v; not %s", phase, token.Subject, claims, want)
		}
		runs[claims.Run] = true
		env, err := os.ReadFile(filepath.Join(found, phase+".env"))
		if text := string(env); err != nil || !strings.Contains(text, "ARM_CLIENT_ID="+client+"\n") || !strings.Contains(text, "ARM_USE_OIDC=true\n") || strings.Contains(text, "SECRET") {
			t.Errorf("the %s signs in with, %v:\n%s", phase, err, env)
		}
	}
	if len(runs) != 1 {
		t.Errorf("the tokens are of the runs %v", runs)
	}
}

// tool is the terraform of this machine.
func tool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		if path, err = exec.LookPath("tofu"); err != nil {
			t.Skip("neither terraform nor tofu is on PATH")
		}
	}
	return path
}
