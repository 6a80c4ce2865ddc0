// Package scripts runs testscripts of the client against a booted server.
//
// It owns the scripts and what they need to run. Scripts of the client alone are
// internal/cli's.
package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestScripts runs what the client's users type against a daemon of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	signIn := d.SignIn()
	testscript.Run(t, testscript.Params{
		Dir: ".", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(harness.Bin(t, "terrace"))+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("TERRACE_ADDRESS", signIn.Address)
			env.Setenv("TERRACE_TOKEN", signIn.Token)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOPATH"} {
				if value := goEnv(t, name); value != "" {
					env.Setenv(name, value)
				}
			}
			return nil
		},
	})
}

// goEnv returns a setting of the Go tool: scripts build services with the
// tester's caches, as their home is a folder of their own.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}
