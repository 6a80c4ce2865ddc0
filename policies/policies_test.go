package policies_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

// shipped are the rules as they are on disk, so that UPDATE=1 is seen at once.
func shipped(t *testing.T) policy.Folder {
	t.Helper()
	folder := policy.Folder{Name: "terrace"}
	for _, top := range []string{"lib", "azure", "terraform"} {
		f, err := policy.ReadFolder("terrace", os.DirFS(top), top)
		if err != nil {
			t.Fatal(err)
		}
		folder.Modules = append(folder.Modules, f.Modules...)
		folder.Tests = append(folder.Tests, f.Tests...)
	}
	return folder
}

func table(t *testing.T) policy.Table {
	t.Helper()
	table, err := policy.ReadTable("controls.yaml", policies.Controls)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func compiled(t *testing.T) []policy.Policy {
	t.Helper()
	set, err := rego.Compile(t.Context(), policy.Folder{}, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	return set.Policies()
}

// TestTheRules compiles them once for all that is asked of them; it also writes what
// the table says into the rules: UPDATE=1 go test ./policies.
func TestTheRules(t *testing.T) {
	t.Parallel()
	if os.Getenv("UPDATE") != "" {
		annotate(t, table(t), compiled(t))
	}
	rules := compiled(t)
	t.Run("agree with the table of controls", func(t *testing.T) {
		t.Parallel()
		checkIndex(t, rules)
		for _, problem := range table(t).Check(rules) {
			t.Errorf("%s (UPDATE=1 go test ./policies writes the rules)", problem)
		}
	})
	t.Run("are whole", func(t *testing.T) {
		t.Parallel()
		checkWhole(t, rules)
	})
	t.Run("speak of what they look at", func(t *testing.T) {
		t.Parallel()
		checkTypes(t, rules)
	})
}

func annotate(t *testing.T, lines policy.Table, rules []policy.Policy) {
	t.Helper()
	for _, p := range rules {
		c, ok := lines[p.ID]
		if !ok {
			continue
		}
		source, err := os.ReadFile(p.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.File, []byte(c.Annotate(string(source))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// checkIndex holds index.jsonl against the rules; UPDATE=1 writes it.
func checkIndex(t *testing.T, rules []policy.Policy) {
	t.Helper()
	want, err := policy.IndexOf(rules).Write()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("index.jsonl", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile("index.jsonl"); err != nil || string(have) != string(want) {
		t.Errorf("index.jsonl does not have the rules as they are: UPDATE=1 go test ./policies (%v)", err)
	}
}

func TestTheRulesPassTheirTests(t *testing.T) {
	t.Parallel()
	if os.Getenv("UPDATE") != "" {
		t.Skip("the rules are being written")
	}
	report, err := rego.Test(t.Context(), rego.TestOptions{Timeout: time.Minute}, policy.Folder{}, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Tests {
		if r.Verdict != rego.Passed {
			t.Errorf("%s:%d: %s %s %s", r.File, r.Line, r.Name, r.Verdict, r.Message)
		}
	}
}

// checkWhole: each rule has a test that it fails and one that it passes, says what it
// looks at, and is where its package says.
func checkWhole(t *testing.T, rules []policy.Policy) {
	t.Helper()
	tests := map[string]string{}
	for _, f := range shipped(t).Tests {
		tests[f.Name] = string(f.Content)
	}
	fails, passes := regexp.MustCompile(`(?m)^test_fails_`), regexp.MustCompile(`(?m)^test_passes_`)
	for _, p := range rules {
		beside := tests[strings.TrimSuffix(p.File, ".rego")+"_test.rego"]
		if !fails.MatchString(beside) || !passes.MatchString(beside) {
			t.Errorf("%s has no tests test_fails_… and test_passes_… beside it", p.File)
		}
		if p.Description == "" || len(p.Resources) == 0 || len(p.Subjects) == 0 {
			t.Errorf("%s lacks its description, resources or subjects", p.File)
		}
		if want := "terrace." + strings.ReplaceAll(strings.TrimSuffix(p.File, ".rego"), "/", "."); p.Package != want {
			t.Errorf("%s has the package %s and should have %s", p.File, p.Package, want)
		}
	}
}

func TestAllThatIsOnDiskIsShipped(t *testing.T) {
	t.Parallel()
	embedded := map[string]bool{}
	_ = fs.WalkDir(policies.Shipped, ".", func(p string, _ fs.DirEntry, _ error) error {
		embedded[p] = true
		return nil
	})
	folder := shipped(t)
	for _, f := range append(folder.Modules, folder.Tests...) {
		if !embedded[path.Clean(f.Name)] {
			t.Errorf("%s is not embedded: folders are <system>/<service>", f.Name)
		}
	}
}

// checkTypes: a rule that speaks of a type without saying that it looks at it
// would not be asked where the plan has that type alone.
func checkTypes(t *testing.T, rules []policy.Policy) {
	t.Helper()
	body := regexp.MustCompile(`(?ms)^(?:deny|warn|violation)[^\n]*plan\.(?:finding|fact)\((\w+),[^\n]* if \{\n(.*?)^\}`)
	planned := regexp.MustCompile(`some (\w+) in plan\.planned\("(\w+)"\)`)
	looks := map[string]policy.Policy{}
	for _, p := range rules {
		looks[p.File] = p
	}
	for _, f := range shipped(t).Modules {
		for _, rule := range body.FindAllStringSubmatch(string(f.Content), -1) {
			for _, bound := range planned.FindAllStringSubmatch(rule[2], -1) {
				if p := looks[f.Name]; bound[1] == rule[1] && !p.Concerns(map[string]bool{bound[2]: true}) {
					t.Errorf("%s speaks of %s, which is not among its resources", f.Name, bound[2])
				}
			}
		}
	}
}

// TestTheModuleTakesItsAssignmentsFromTheTable holds the file of the module
// policy-compliance against the table: make generate writes it.
func TestTheModuleTakesItsAssignmentsFromTheTable(t *testing.T) {
	t.Parallel()
	want, err := table(t).AzureControls()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../iac/modules/policy-compliance/controls.yaml")
	if err != nil || string(kept) != string(want) {
		t.Errorf("the controls of policy-compliance are not those of the table (%v): write them with make generate", err)
	}
}
