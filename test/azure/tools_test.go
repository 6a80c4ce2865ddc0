package azure_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// toolset are the programs that this package works with.
type toolset struct {
	terraform, tofu, tflint, docs, actionlint string
	rules                                     ruleset
	// cli is the configuration by which terraform and tofu find azurerm.
	cli string
}

// tools returns the toolset that make test-azure obtained: the programs in
// TERRACE_AZURE_BIN, the provider in the mirror TERRACE_AZURERM_MIRROR.
func tools(t testing.TB) toolset {
	t.Helper()
	bin, mirror := os.Getenv("TERRACE_AZURE_BIN"), os.Getenv("TERRACE_AZURERM_MIRROR")
	if bin == "" || mirror == "" {
		t.Skip("make test-azure obtains the tools and runs this")
	}
	found := toolset{cli: filepath.Join(t.TempDir(), "cli.tfrc")}
	for name, place := range map[string]*string{"tofu": &found.tofu, "tflint": &found.tflint, "terraform-docs": &found.docs, "actionlint": &found.actionlint} {
		*place = filepath.Join(bin, name)
		if _, err := os.Stat(*place); err != nil {
			t.Fatal(err)
		}
	}
	found.terraform = terraform(t, found.tofu)
	found.rules = rules(t)
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path    = %q\n    include = [\"registry.terraform.io/hashicorp/*\", \"registry.opentofu.org/hashicorp/*\"]\n  }\n}\n", mirror)
	if err := os.WriteFile(found.cli, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return found
}

// terraform is the one on PATH. Where there is none tofu stands in, and says so.
func terraform(t testing.TB, tofu string) string {
	t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		t.Log("no terraform is on PATH: OpenTofu stands in for it")
		return tofu
	}
	return path
}

// run runs a program in dir, for at most ten minutes, with a bare environment
// and env, and returns what it wrote.
func (s toolset) run(t testing.TB, dir string, env []string, program string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home(t), "TF_CLI_CONFIG_FILE=" + s.cli, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
	}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must is run for a program that has to succeed.
func (s toolset) must(t testing.TB, dir string, env []string, program string, args ...string) string {
	t.Helper()
	out, err := s.run(t, dir, env, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
	return out
}

// home keeps the tools from what the user has configured.
func home(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("terrace-azure-home-%d", os.Getpid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tree is the folder of the repository, or a folder in it.
func tree(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(append([]string{"..", ".."}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// copied is a copy of iac without what earlier runs left, so that tools may
// write in it.
func copied(t testing.TB) string {
	t.Helper()
	target := t.TempDir()
	for _, part := range []string{"modules", "environments", "bootstrap"} {
		if err := os.CopyFS(filepath.Join(target, part), os.DirFS(tree(t, "iac", part))); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(tree(t, "iac", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(target, filepath.Base(file)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return target
}
