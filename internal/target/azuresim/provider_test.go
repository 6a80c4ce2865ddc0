package azuresim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configuration copies a folder of testdata to where a tool may write.
func configuration(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a tool, which has to succeed.
func (c *cloud) run(t *testing.T, tool, dir string, args ...string) string {
	t.Helper()
	out, err := c.Terraform(t, tool, dir, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
	}
	return out
}

func TestRealProvider(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"terraform", "tofu"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			dir := configuration(t, "base")
			c.run(t, tool, dir, "init", "-no-color")
			if out := c.run(t, tool, dir, "apply", "-auto-approve", "-no-color", "-parallelism=20"); !strings.Contains(out, c.sub) {
				t.Errorf("the outputs do not name the subscription:\n%s", out)
			}
			c.run(t, tool, dir, "plan", "-detailed-exitcode", "-no-color")
			var body map[string]any
			edit := map[string]any{"id": c.sub + "/resourceGroups/rg-base/providers/Microsoft.Storage/storageAccounts/terracestate", "as": "mallory", "set": map[string]any{"properties.minimumTlsVersion": "TLS1_0"}}
			if err := c.Client.Post(t.Context(), "edit", edit, &body); err != nil {
				t.Fatal(err)
			}
			out, err := c.Terraform(t, tool, dir, "plan", "-detailed-exitcode", "-no-color")
			if err == nil || !strings.Contains(out, `min_tls_version`) || !strings.Contains(out, "0 to add, 1 to change, 0 to destroy") {
				t.Errorf("the edit is not the only drift: %v\n%s", err, out)
			}
			c.run(t, tool, dir, "destroy", "-auto-approve", "-no-color", "-parallelism=20")
			if page := c.must(t, "GET", "{s}/resourceGroups", ""); len(page["value"].([]any)) != 0 {
				t.Errorf("left over: %v", page)
			}
		})
	}
}

func TestTwoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"terraform", "tofu"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			s := start(t).store(t)
			first, second := configuration(t, "backend"), configuration(t, "backend")
			s.run(t, tool, first, "init", "-no-color")
			s.run(t, tool, second, "init", "-no-color")
			done := make(chan error, 1)
			go func() {
				_, err := s.Terraform(t, tool, first, "apply", "-auto-approve", "-no-color")
				done <- err
			}()
			for locked := false; !locked; {
				_, _, h := s.blob(t, "HEAD", "state/locked.tfstate", "")
				locked = h.Get("X-Ms-Lease-Status") == "locked"
			}
			out, err := s.Terraform(t, tool, second, "apply", "-auto-approve", "-no-color")
			if err == nil || !strings.Contains(out, "Error acquiring the state lock") || !strings.Contains(out, "OperationTypeApply") {
				t.Errorf("the second apply is not told of the lock: %v\n%s", err, out)
			}
			if err := <-done; err != nil {
				t.Errorf("the first apply: %v", err)
			}
			s.run(t, tool, second, "plan", "-detailed-exitcode", "-no-color")
		})
	}
}
