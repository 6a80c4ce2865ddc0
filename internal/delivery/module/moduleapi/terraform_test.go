package moduleapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/iac/iactest"
	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
)

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
	for _, tool := range iactest.Tools(t) {
		t.Run(filepath.Base(tool), func(t *testing.T) {
			t.Parallel()
			rig := moduletest.New(t)
			server := serve(t, rig)
			publish(t, rig, "1.0.0", "1.1.0", "2.0.0", "1.2.0-rc.1")
			dir := root(t, "~> 1.0")
			if out, err := iactest.Run(t, iactest.Config{Registry: server.URL, Token: token}, tool, dir, "init", "-input=false", "-no-color"); err != nil {
				t.Fatalf("init: %v\n%s", err, out)
			}
			if out, err := iactest.Run(t, iactest.Config{Registry: server.URL, Token: token}, tool, dir, "validate", "-no-color"); err != nil {
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
	for _, tool := range iactest.Tools(t) {
		for name, c := range map[string]struct{ token, version, want string }{
			"no such version": {token, "~> 9.0", "no available version"},
			"wrong token":     {"wrong", "~> 1.0", "terrace.localhost"},
		} {
			t.Run(filepath.Base(tool)+" "+name, func(t *testing.T) {
				t.Parallel()
				rig := moduletest.New(t)
				server := serve(t, rig)
				publish(t, rig, "1.0.0")
				out, err := iactest.Run(t, iactest.Config{Registry: server.URL, Token: c.token}, tool, root(t, c.version), "init", "-input=false", "-no-color")
				if err == nil || !strings.Contains(strings.ToLower(out), c.want) {
					t.Fatalf("%v, want an error with %q:\n%s", err, c.want, out)
				}
			})
		}
	}
}
