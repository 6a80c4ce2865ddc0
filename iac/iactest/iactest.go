// Package iactest runs the real terraform and tofu in tests: with a
// configuration of their own, the provider terrace from this tree, and a
// module registry where a test has one. Nothing comes from the network.
package iactest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Version is the version under which the provider is offered.
const Version = "0.1.0"

// Tools returns the paths of terraform and tofu, as far as they are on PATH. It
// skips the test where neither is.
func Tools(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		t.Skip("neither terraform nor tofu is on PATH")
	}
	return found
}

// Config is what a tool is told about the world.
type Config struct {
	// Registry is the address of a server with a module registry at
	// /registry/v1/modules/, Token what opens it. Empty means none.
	Registry, Token string
	// Mirror is the folder of a provider mirror, see Mirror. Empty means none.
	Mirror string
	// Env are further variables, as NAME=value.
	Env []string
}

// Run runs the tool in dir, for two minutes at most, and returns what it wrote.
func Run(t testing.TB, c Config, tool, dir string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(file, []byte(c.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TF_CLI_CONFIG_FILE=" + file, "CHECKPOINT_DISABLE=1", "NO_PROXY=*",
	}, c.Env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c Config) text() string {
	var b strings.Builder
	if c.Registry != "" {
		_, _ = fmt.Fprintf(&b, "host \"terrace.localhost\" {\n  services = { \"modules.v1\" = %q }\n}\n", c.Registry+"/registry/v1/modules/")
		_, _ = fmt.Fprintf(&b, "credentials \"terrace.localhost\" {\n  token = %q\n}\n", c.Token)
	}
	if c.Mirror != "" {
		_, _ = fmt.Fprintf(&b, "provider_installation {\n  filesystem_mirror {\n    path    = %q\n    include = [\"terrace.localhost/*/*\"]\n  }\n}\n", c.Mirror)
	}
	return b.String()
}

//nolint:gochecknoglobals // the provider is built once for all tests of a process
var built = sync.OnceValues(build)

// Mirror builds the provider terrace and returns a mirror that offers it.
func Mirror(t testing.TB) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	mirror := t.TempDir()
	dir := filepath.Join(mirror, "terrace.localhost", "terrace", "terrace", Version, runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "terraform-provider-terrace_v"+Version)); err != nil {
		t.Fatal(err)
	}
	return mirror
}

// build makes the binary beneath the tree's folder for caches; the last step is
// a rename, so that several processes can build at once.
func build() (string, error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the tree: %w", err)
	}
	tree := filepath.Dir(strings.TrimSpace(string(module)))
	binary := filepath.Join(tree, ".cache", "test", "terraform-provider-terrace")
	if err := os.MkdirAll(filepath.Dir(binary), 0o700); err != nil {
		return "", fmt.Errorf("build the provider: %w", err)
	}
	mine := fmt.Sprintf("%s.%d", binary, os.Getpid())
	cmd := exec.Command("go", "build", "-trimpath", "-tags=nobadger", "-ldflags=-s -w", "-o", mine, "./cmd/terraform-provider-terrace")
	cmd.Dir = tree
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the provider: %w: %s", err, out)
	}
	return binary, os.Rename(mine, binary)
}
