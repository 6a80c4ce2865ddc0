package azure_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// TestTakeovers makes the example of each module that Terrace's own
// definitions use, loses its state, as a daemon does that dies in mid-apply, and
// imports all of it: nothing is made anew, whatever Azure does not tell of it, and
// afterwards there is nothing to do.
func TestTakeovers(t *testing.T) {
	t.Parallel()
	s := tools(t)
	for _, name := range defined(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.takenOver(t, filepath.Join(copied(t), "modules", name, "examples", "default"))
		})
	}
}

// defined are the modules that the definitions use and that have an example.
func defined(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(tree(t, "iac", "azure", "definitions", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile(`source: terrace/([a-z-]+)/azurerm`)
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range source.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(tree(t, "iac", "modules", found[1], "examples", "default")); err == nil {
				names = append(names, found[1])
			}
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) < 5 {
		t.Fatal("the definitions use few modules:", names)
	}
	return names
}

// unlike are the resources that a takeover meets in another way than an import, and why.
func unlike() (neverRefused, madeAnew map[string]string) {
	neverRefused = map[string]string{
		"azurerm_log_analytics_workspace_table": "tables are there with their workspace, and azurerm changes them",
	}
	madeAnew = map[string]string{
		"azurerm_api_management_logger": "Azure keeps a logger's connection string to itself; nothing is in a logger, and no workload's definition makes one",
	}
	return neverRefused, madeAnew
}

func (s toolset) takenOver(t *testing.T, dir string) {
	t.Helper()
	env := simulate(t).owner()
	s.must(t, dir, env, s.terraform, "init", "-no-color")
	s.must(t, dir, env, s.terraform, "apply", "-auto-approve", "-no-color", parallelism)
	state := filepath.Join(dir, "terraform.tfstate")
	if err := os.WriteFile(filepath.Join(dir, "adopted.tf"), []byte(imports(t, state)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	s.must(t, dir, env, s.terraform, "plan", "-out=plan", "-no-color", parallelism)
	neverRefused, madeAnew := unlike()
	anew := false
	for _, change := range s.planned(t, dir, env) {
		switch {
		case change.Mode == tfjson.DataResourceMode:
		case change.Change.Actions.Replace() && madeAnew[change.Type] != "":
			anew = true
		case change.Change.Actions.Replace(), change.Change.Actions.Delete():
			t.Errorf("%s would be made anew, because of %v", change.Address, change.Change.ReplacePaths)
		case change.Change.Importing == nil && neverRefused[change.Type] == "":
			t.Errorf("%s is %v, and not imported", change.Address, change.Change.Actions)
		}
	}
	if !t.Failed() && !anew { // under a lock nothing is made anew
		s.must(t, dir, env, s.terraform, "apply", "-no-color", parallelism, "plan")
		s.must(t, dir, env, s.terraform, "plan", "-detailed-exitcode", "-no-color", parallelism)
	}
}

func (s toolset) planned(t *testing.T, dir string, env []string) []*tfjson.ResourceChange {
	t.Helper()
	out := s.must(t, dir, env, s.terraform, "show", "-json", "plan")
	plan := new(tfjson.Plan)
	if err := json.Unmarshal([]byte(out), plan); err != nil {
		t.Fatal(err)
	}
	return plan.ResourceChanges
}

// imports are blocks for all that a state has.
func imports(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Module, Mode, Type, Name string
			Instances                []struct {
				Key        any `json:"index_key"`
				Attributes struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, r := range state.Resources {
		if neverRefused, _ := unlike(); r.Mode != "managed" || neverRefused[r.Type] != "" {
			continue
		}
		for _, i := range r.Instances {
			address := strings.TrimPrefix(r.Module+"."+r.Type+"."+r.Name, ".")
			if i.Key != nil {
				key, err := json.Marshal(i.Key)
				if err != nil {
					t.Fatal(err)
				}
				address += "[" + string(key) + "]"
			}
			blocks = append(blocks, fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, i.Attributes.ID))
		}
	}
	return strings.Join(blocks, "")
}
