package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/iac/iactest"
	"github.com/terrace-idp/terrace/test/harness"
)

const greeted = `module "greeting" {
  source  = "terrace.localhost/acme/greeting/local"
  version = "~> 1.0"
}

output "says" {
  value = module.greeting.says
}
`

// TestToolsOnALaptop: terraform and tofu of a person install a module that was
// published here with a personal token, until it is revoked.
func TestToolsOnALaptop(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	module := t.TempDir()
	write(t, filepath.Join(module, "main.tf"), "output \"says\" {\n  value = \"hello\"\n}\n")
	d.MustTerrace(t.Context(), module, "module", "publish", ".", "--namespace", "acme", "--name", "greeting", "--version", "1.2.0", "--yes")
	for _, tool := range iactest.Tools(t) {
		t.Run(filepath.Base(tool), func(t *testing.T) {
			t.Parallel()
			var made struct{ ID, Token string }
			answer := d.MustTerrace(t.Context(), module, "token", "create", "--name", "laptop", "--days", "1", "-o", "json")
			if err := json.Unmarshal([]byte(answer.Stdout), &made); err != nil || made.Token == "" {
				t.Fatalf("%v: %s", err, answer)
			}
			person, root, again := iactest.Config{Registry: "http://" + d.API, Token: made.Token}, t.TempDir(), t.TempDir()
			write(t, filepath.Join(root, "main.tf"), greeted)
			write(t, filepath.Join(again, "main.tf"), greeted)
			for _, args := range [][]string{{"init", "-input=false", "-no-color"}, {"apply", "-auto-approve", "-input=false", "-no-color"}} {
				if out, err := iactest.Run(t, person, tool, root, args...); err != nil {
					t.Fatalf("%s: %v\n%s", args[0], err, out)
				}
			}
			if out, err := iactest.Run(t, person, tool, root, "output", "-raw", "says"); err != nil || out != "hello" {
				t.Errorf("the output is %q, %v", out, err)
			}
			d.MustTerrace(t.Context(), module, "token", "revoke", made.ID)
			if out, err := iactest.Run(t, person, tool, again, "init", "-input=false", "-no-color"); err == nil {
				t.Errorf("a token that was revoked installs modules:\n%s", out)
			}
		})
	}
}
