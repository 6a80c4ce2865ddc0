package moduleapi_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
)

// tools returns the tools on PATH that speak the protocol.
func tools(t *testing.T) []string {
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

// runTool runs a tool in dir against the registry of server, with the token.
func runTool(t *testing.T, server *httptest.Server, token, tool, dir string, args ...string) (string, error) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	text := fmt.Sprintf("host %q {\n  services = { \"modules.v1\" = %q }\n}\ncredentials %q {\n  token = %q\n}\n",
		"terrace.localhost", server.URL+"/registry/v1/modules/", "terrace.localhost", token)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...) //nolint:gosec // a tool from PATH
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TF_CLI_CONFIG_FILE=" + config, "CHECKPOINT_DISABLE=1", "NO_PROXY=*",
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func root(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf("module \"cache\" {\n  source  = \"terrace.localhost/acme/cache/local\"\n  version = %q\n  name    = \"a\"\n}\noutput \"host\" {\n  value = module.cache.host\n}\n", version)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRealToolsInstallModules(t *testing.T) {
	t.Parallel()
	for _, tool := range tools(t) {
		t.Run(filepath.Base(tool), func(t *testing.T) {
			t.Parallel()
			rig := moduletest.New(t)
			server := serve(t, rig)
			publish(t, rig, "1.0.0", "1.1.0", "2.0.0", "1.2.0-rc.1")
			dir := root(t, "~> 1.0")
			if out, err := runTool(t, server, token, tool, dir, "init", "-input=false", "-no-color"); err != nil {
				t.Fatalf("init: %v\n%s", err, out)
			}
			if out, err := runTool(t, server, token, tool, dir, "validate", "-no-color"); err != nil {
				t.Fatalf("validate: %v\n%s", err, out)
			}
			got, err := os.ReadFile(filepath.Join(dir, ".terraform", "modules", "cache", "main.tf"))
			if err != nil || string(got) != source("1.1.0") {
				t.Fatalf("installed %q, %v; want version 1.1.0", got, err)
			}
		})
	}
}

func TestRealToolsAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tool := range tools(t) {
		for name, c := range map[string]struct{ token, version, want string }{
			"no such version": {token, "~> 9.0", "no available version"},
			"wrong token":     {"wrong", "~> 1.0", "terrace.localhost"},
		} {
			t.Run(filepath.Base(tool)+" "+name, func(t *testing.T) {
				t.Parallel()
				rig := moduletest.New(t)
				server := serve(t, rig)
				publish(t, rig, "1.0.0")
				out, err := runTool(t, server, c.token, tool, root(t, c.version), "init", "-input=false", "-no-color")
				if err == nil || !strings.Contains(strings.ToLower(out), c.want) {
					t.Fatalf("%v, want an error with %q:\n%s", err, c.want, out)
				}
			})
		}
	}
}
