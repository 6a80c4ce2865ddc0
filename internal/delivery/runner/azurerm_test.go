package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// offline is a terraform that reaches no registry.
const offline = `if [ "$1" = version ]; then echo Terraform v1.11.4; exit; fi
echo "Error: no such host" >&2; exit 1`

// azurermCompiler is a go that builds a script, counting.
const azurermCompiler = `
for last; do :; done
[ "$last" = github.com/hashicorp/terraform-provider-azurerm ] || exit 2
if [ $1 = list ]; then grep -q terraform-provider-azurerm go.mod && echo one; exit; fi
while [ "$1" != -o ]; do shift; done
echo built >> ../../builds
echo azurerm > "$2" && chmod 700 "$2"`

func programOf(mirror, host string) string {
	return filepath.Join(mirror, host, "hashicorp", "azurerm", runner.AzurermVersion, runtime.GOOS+"_"+runtime.GOARCH,
		"terraform-provider-azurerm_v"+runner.AzurermVersion+"_x5")
}

func TestAzurermIsBuiltOnceWhereNobodyHasIt(t *testing.T) {
	t.Parallel()
	data, into, tools := t.TempDir(), filepath.Join(t.TempDir(), "mirror"), t.TempDir()
	program(t, tools, "terraform", offline)
	search := program(t, tools, "go", azurermCompiler) + ":/usr/bin:/bin"
	var lines log
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			got, err := runner.InstallAzurerm(context.Background(), runner.Options{SearchPath: search, DataDir: data, Progress: func(line string) {
				lines.sink(runner.Event{Message: line})
			}}, into)
			if err != nil || got != into {
				t.Errorf("%q, %v; want %q", got, err, into)
			}
		})
	}
	group.Wait()
	if raw, err := os.ReadFile(filepath.Join(data, "builds")); err != nil || string(raw) != "built\n" {
		t.Errorf("builds: %q, %v; want one", raw, err)
	}
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		if raw, err := os.ReadFile(programOf(into, host)); err != nil || string(raw) != "azurerm\n" {
			t.Errorf("%s: %q, %v", host, raw, err)
		}
	}
	for _, want := range []string{"asking registry.terraform.io", "building the provider azurerm 5.2.0", "is built"} {
		if !lines.has(func(e runner.Event) bool { return strings.Contains(e.Message, want) }) {
			t.Errorf("no progress says %q", want)
		}
	}
}

func TestAzurermOfAConfiguredMirrorIsUsed(t *testing.T) {
	t.Parallel()
	mirror := t.TempDir()
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		path := programOf(mirror, host)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("azurerm"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	into := filepath.Join(t.TempDir(), "mirror")
	got, err := runner.InstallAzurerm(context.Background(), runner.Options{SearchPath: t.TempDir(), DataDir: t.TempDir(), Mirror: mirror}, into)
	if err != nil || got != mirror {
		t.Errorf("%q, %v; want %q", got, err, mirror)
	}
}

func TestAzurermThatCannotBeHadSaysWhy(t *testing.T) {
	t.Parallel()
	search := program(t, t.TempDir(), "terraform", offline)
	_, err := runner.InstallAzurerm(context.Background(), runner.Options{SearchPath: search, DataDir: t.TempDir()}, t.TempDir())
	for _, want := range []string{"no such host", "no Go", "TERRACE_PROVIDER_MIRROR"} {
		if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
