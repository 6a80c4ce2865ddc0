package provider_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// handed writes the value of a secret where terraform itself keeps nothing: to
// a provisioner's environment.
const handed = `
terraform {
  required_providers {
    terrace = { source = "terrace.localhost/terrace/terrace" }
  }
}
resource "terrace_secret" "this" {
  name   = "token"
  length = 40
}
ephemeral "terrace_secret" "this" {
  name = terrace_secret.this.id
}
resource "terraform_data" "user" {
  triggers_replace = terrace_secret.this.version
  provisioner "local-exec" {
    command     = "printf %s \"$VALUE\" > value"
    environment = { VALUE = ephemeral.terrace_secret.this.value }
  }
}
`

func TestSecretValueReachesNoFileOfTerraform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, filepath.Join(w.dir, "main.tf"), handed)
	if err := w.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.as(t, tokens.PhasePlan)
	if _, err := w.Plan(t.Context(), tfexec.Out("plan")); err != nil {
		t.Fatal(err)
	}
	w.as(t, tokens.PhaseApply)
	if err := w.Apply(t.Context(), tfexec.DirOrPlan("plan")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(w.dir, "value"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", w.caller.Scope.Tenant))
	real, err := w.target.SecretValue(ctx, w.caller, "token")
	if err != nil || len(real) != 40 || string(got) != real {
		t.Fatalf("the apply got %d characters, and not those of the secret: %v", len(got), err)
	}
	state, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil || strings.Contains(string(state)+unpacked(t, filepath.Join(w.dir, "plan")), real) {
		t.Errorf("the state or the plan has the value, or cannot be read: %v", err)
	}
}

// unpacked returns all that a plan file has.
func unpacked(t *testing.T, path string) string {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	var all strings.Builder
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	if !strings.Contains(all.String(), "terrace_secret") {
		t.Fatal("the plan is not read")
	}
	return all.String()
}
