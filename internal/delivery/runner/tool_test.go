package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// program writes a script under dir and returns dir.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFindTakesTheFirstGoodTool(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		programs map[string]string
		want     string
	}{
		"terraform":                        {map[string]string{"terraform": "echo Terraform v1.11.4; echo on linux_amd64"}, "terraform 1.11.4"},
		"tofu":                             {map[string]string{"tofu": "echo OpenTofu v1.12.6"}, "tofu 1.12.6"},
		"both":                             {map[string]string{"terraform": "echo Terraform v1.9.0", "tofu": "echo OpenTofu v1.12.6"}, "terraform 1.9.0"},
		"an old terraform and a good tofu": {map[string]string{"terraform": "echo Terraform v1.5.7", "tofu": "echo OpenTofu v1.8.0"}, "tofu 1.8.0"},
		"tofu under terraform's name":      {map[string]string{"terraform": "echo OpenTofu v1.10.0"}, "tofu 1.10.0"},
		"a broken terraform":               {map[string]string{"terraform": "exit 1", "tofu": "echo OpenTofu v1.9.1"}, "tofu 1.9.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, script := range c.programs {
				program(t, dir, name, script)
			}
			tool, err := runner.Find(context.Background(), runner.Options{SearchPath: dir, DataDir: t.TempDir()})
			if err != nil || tool.String() != c.want {
				t.Errorf("found %s, %v; want %s", tool, err, c.want)
			}
		})
	}
}

func TestFindSaysWhatItFound(t *testing.T) {
	t.Parallel()
	old := program(t, t.TempDir(), "terraform", "echo Terraform v1.5.7")
	_, err := runner.Find(context.Background(), runner.Options{SearchPath: old, DataDir: t.TempDir()})
	for _, want := range []string{"terraform 1.5.7 at " + old, "terraform 1.9 or newer", "no Go", "TERRACE_TERRAFORM"} {
		if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	for name, script := range map[string]string{"is neither terraform nor tofu": "echo hello", "is too old": "echo OpenTofu v1.7.9", "does not run": "exit 1"} {
		path := filepath.Join(program(t, t.TempDir(), "tool", script), "tool")
		_, err := runner.Find(context.Background(), runner.Options{Path: path, SearchPath: old})
		if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), path) {
			t.Errorf("explicit tool: %v, want %q", err, name)
		}
	}
}

// compiler is a `go` that builds a script instead of OpenTofu, counting.
const compiler = `
for last; do :; done
[ "$last" = github.com/opentofu/opentofu/cmd/tofu ] || exit 2
if [ $1 = list ]; then grep -q "opentofu/opentofu v1.12.6" go.mod && echo one; exit; fi
while [ "$1" != -o ]; do shift; done
echo built >> ../../builds
echo some/package >&2
printf '#!/bin/sh\necho OpenTofu v1.12.6\n' > "$2" && chmod 700 "$2"`

func TestFindBuildsOnceForAll(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	search := program(t, t.TempDir(), "go", compiler) + ":/usr/bin:/bin"
	var lines log
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			tool, err := runner.Find(context.Background(), runner.Options{SearchPath: search, DataDir: data, Progress: func(line string) {
				lines.sink(runner.Event{Message: line})
			}})
			if err != nil || tool.String() != "tofu 1.12.6" || !strings.HasPrefix(tool.Path, data) {
				t.Errorf("found %+v, %v", tool, err)
			}
		})
	}
	group.Wait()
	if raw, err := os.ReadFile(filepath.Join(data, "builds")); err != nil || string(raw) != "built\n" {
		t.Errorf("builds: %q, %v; want one", raw, err)
	}
	for _, want := range []string{"building OpenTofu 1.12.6", "is built"} {
		if !lines.has(func(e runner.Event) bool { return strings.Contains(e.Message, want) }) {
			t.Errorf("no progress says %q", want)
		}
	}
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	search := program(t, t.TempDir(), "go", "echo the network is down >&2; exit 1") + ":/usr/bin:/bin"
	_, err := runner.Find(context.Background(), runner.Options{SearchPath: search, DataDir: t.TempDir()})
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "the network is down") {
		t.Errorf("%v, want the compiler's words", err)
	}
}
