package azure_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFormat: what terraform fmt would change is a mistake.
func TestFormat(t *testing.T) {
	t.Parallel()
	s := tools(t)
	s.must(t, tree(t, "iac"), nil, s.terraform, "fmt", "-check", "-recursive", "-diff")
}

// TestModules takes each module through all that it must pass by itself.
func TestModules(t *testing.T) {
	t.Parallel()
	s := tools(t)
	dirs, err := filepath.Glob(tree(t, "iac", "modules", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are no modules", err)
	}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.module(t, name)
		})
	}
}

func (s toolset) module(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join(copied(t), "modules", name)
	example := filepath.Join(dir, "examples", "default")
	s.lint(t, dir)
	s.lint(t, example)
	s.documented(t, dir)
	s.valid(t, s.terraform, dir)
	s.valid(t, s.tofu, example)
	forget(t, dir)
	s.must(t, dir, nil, s.tofu, "init", "-no-color")
	t.Log(s.must(t, dir, nil, s.tofu, "test", "-no-color"))
}

// TestRoots: the landing zone and the bootstrap pass what a module must, too.
func TestRoots(t *testing.T) {
	t.Parallel()
	s := tools(t)
	for name, dir := range map[string]string{"landing zone": ".", "bootstrap": "bootstrap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(copied(t), dir)
			s.lint(t, dir)
			s.valid(t, s.terraform, dir)
			forget(t, dir)
			s.valid(t, s.tofu, dir)
			if _, err := os.Stat(filepath.Join(dir, "tests")); err == nil {
				t.Log(s.must(t, dir, nil, s.tofu, "test", "-no-color"))
			}
		})
	}
	for _, dir := range []string{".", "bootstrap"} {
		if _, err := os.Stat(tree(t, "iac", dir, "README.md")); err != nil {
			t.Error(err)
			continue
		}
		s.documented(t, tree(t, "iac", dir))
	}
}

func (s toolset) valid(t *testing.T, tool, dir string) {
	t.Helper()
	s.must(t, dir, nil, tool, "init", "-backend=false", "-no-color")
	s.must(t, dir, nil, tool, "validate", "-no-color")
}

func (s toolset) lint(t *testing.T, dir string) {
	t.Helper()
	s.must(t, dir, s.rules.env, s.tflint, "--no-color", "--config="+s.rules.config)
}

func (s toolset) documented(t *testing.T, dir string) {
	t.Helper()
	s.must(t, dir, nil, s.docs, "--config="+tree(t, "iac", ".terraform-docs.yml"), "--output-check", ".")
}

// forget removes what one tool made for itself, before the other's turn.
func forget(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{".terraform", ".terraform.lock.hcl"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}
