package rego_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// fewest is how many cases Open Policy Agent has at least.
const fewest = 4_000

// TestWhatOPASaysIsWhatIsSaid holds the evaluation of policies against the cases by which
// Open Policy Agent is tested itself: the query of each is the body of a rule deny.
func TestWhatOPASaysIsWhatIsSaid(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/opa").Output()
	if err != nil {
		t.Fatal(err)
	}
	byFolder, count := map[string][]cases.TestCase{}, 0
	for _, version := range []string{"v0", "v1"} {
		set, err := cases.Load(filepath.Join(strings.TrimSpace(string(dir)), "v1", "test", "cases", "testdata", version))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range set.Cases {
			folder := filepath.Dir(c.Filename)
			byFolder[folder] = append(byFolder[folder], c)
		}
		count += len(set.Cases)
	}
	if count < fewest {
		t.Fatalf("there are %d cases", count)
	}
	all := differences()
	var mu sync.Mutex
	met := map[string]bool{}
	t.Run("cases", func(t *testing.T) {
		for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
			t.Run(filepath.Base(filepath.Dir(folder))+"/"+filepath.Base(folder), func(t *testing.T) {
				t.Parallel()
				for _, c := range byFolder[folder] {
					wrong := conforms(t, c)
					if wrong == "" {
						continue
					}
					key := known(all, c.Note)
					if key == "" {
						t.Errorf("%s: %s\n%s\n%s", c.Note, wrong, c.Query, strings.Join(c.Modules, "\n"))
					}
					mu.Lock()
					met[key] = true
					mu.Unlock()
				}
			})
		}
	})
	for key := range all {
		if !met[key] {
			t.Errorf("%s does not differ any longer", key)
		}
	}
}

// known is the name by which a case is among the differences, "" where it is not.
func known(all map[string]string, note string) string {
	group, _, _ := strings.Cut(note, "/")
	for _, name := range []string{note, group + "/*"} {
		if all[name] != "" {
			return name
		}
	}
	return ""
}

// conforms says how what is said of a case differs from what is expected; "" where it
// does not. An error that blocks is none where Rego only goes on because it ignores errors
// of builtin functions.
func conforms(t *testing.T, c cases.TestCase) string {
	t.Helper()
	fails := c.WantError != nil || c.WantErrorCode != nil
	report, err := caseReport(t, c)
	switch {
	case err != nil && fails:
		return ""
	case err != nil:
		return "does not compile: " + err.Error()
	case report.Count(policy.Errored) > 0 && fails:
		return ""
	case report.Count(policy.Errored) > 0:
		return "errs: " + messages(report)
	case fails && len(report.Notices) == 0:
		return fmt.Sprintf("does not err: %+v", report.Results)
	case fails:
		return ""
	case c.WantDefined != nil && *c.WantDefined != (len(report.Results) > 0):
		return fmt.Sprintf("defined: %v", !*c.WantDefined)
	case c.WantResult == nil:
		return ""
	}
	return compared(c, report.Results)
}

// messages are what all results say.
func messages(r policy.Report) string {
	var all []string
	for _, one := range r.Results {
		all = append(all, one.Message)
	}
	return strings.Join(all, "; ")
}

func compared(c cases.TestCase, results []policy.Result) string {
	want, have := ast.NewSet(), ast.NewSet()
	for _, bindings := range *c.WantResult {
		want.Add(term(bindings, c.SortBindings))
	}
	for _, r := range results {
		vars := r.Details["vars"]
		if vars == nil {
			vars = map[string]any{}
		}
		have.Add(term(vars, c.SortBindings))
	}
	if want.Compare(have) == 0 {
		return ""
	}
	return fmt.Sprintf("says %v, want %v", have, want)
}

// term is a value as Rego has it, its lists in order where that does not matter.
func term(v any, sorted bool) *ast.Term {
	value := ast.MustInterfaceToValue(v)
	if o, ok := value.(ast.Object); ok && sorted {
		value, _ = o.Map(func(k, v *ast.Term) (*ast.Term, *ast.Term, error) {
			if list, ok := v.Value.(*ast.Array); ok {
				v = ast.NewTerm(list.Sorted())
			}
			return k, v, nil
		})
	}
	return ast.NewTerm(value)
}

// caseReport is what is said of a case: each solution of its query is a result, with what its
// variables are.
func caseReport(t *testing.T, c cases.TestCase) (policy.Report, error) {
	t.Helper()
	names := map[string]bool{}
	if c.WantResult != nil {
		for _, bindings := range *c.WantResult {
			for name := range bindings {
				names[name] = true
			}
		}
	}
	vars := make([]string, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		vars = append(vars, fmt.Sprintf("%q: %s", name, name))
	}
	rule := fmt.Sprintf("package conformance\n\ndeny contains {\"msg\": \"said\", \"vars\": {%s}} if {\n%s\n}\n", strings.Join(vars, ", "), c.Query)
	folder := policy.Folder{Name: "cases", Modules: []policy.File{{Path: "case.rego", Name: "case.rego", Content: []byte(rule)}}}
	for i, text := range c.Modules {
		name := fmt.Sprintf("m%d.rego", i)
		folder.Modules = append(folder.Modules, policy.File{Path: name, Name: name, Content: []byte(text)})
	}
	if c.Data != nil {
		text, err := json.Marshal(*c.Data)
		if err != nil {
			t.Fatal(err)
		}
		folder.Data = []policy.File{{Path: "data.json", Name: "data.json", Content: text}}
	}
	set, err := rego.Compile(t.Context(), policy.Folder{}, folder)
	if err != nil {
		return policy.Report{}, err
	}
	in, err := inputFor(c)
	if err != nil {
		return policy.Report{}, err
	}
	return set.Eval(t.Context(), in, rego.Options{Timeout: time.Minute, Parallel: 1, Level: func(p policy.Policy) (policy.Level, bool) {
		return p.Level, p.Package == "conformance"
	}})
}

// errNoObject says that the input of a case is no object, as documents are.
var errNoObject = errors.New("the input is no object")

func inputFor(c cases.TestCase) (policy.Input, error) {
	var v any
	if c.Input != nil {
		v = *c.Input
	}
	if c.InputTerm != nil {
		parsed, err := ast.ParseTerm(*c.InputTerm)
		if err != nil {
			return policy.Input{}, err
		}
		if v, err = ast.JSON(parsed.Value); err != nil {
			return policy.Input{}, err
		}
	}
	if v == nil {
		return policy.Input{Document: map[string]any{}}, nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		return policy.Input{}, errNoObject
	}
	return policy.Input{Document: o}, nil
}

// differences are the cases that differ, by note or by what their notes begin with, and
// why they do. None of them says less than Open Policy Agent does and passes for it: where
// that goes on after an error, the policy errs and blocks; what is not there does not compile.
func differences() map[string]string {
	const (
		blocks   = "an error of a builtin function is one of the policy, which blocks; plain Rego goes on as if there were nothing"
		absent   = "the function is not there: a policy decides on its input alone"
		endless  = "the function is not there: nothing bounds what it takes"
		document = "the input of policies is a document, which is an object"
		around   = "the input always has what surrounds it, at terrace"
		whole    = "a rule that is asked for all data would be asked for itself"
	)
	return map[string]string{
		"bitsshiftleft/*": endless, "reachable_paths/*": endless, "rendertemplate/*": endless,

		"net.lookup_ip_addr/*": absent, "providers-aws-sign_req/*": absent, "regoparsemodule/ok": absent, "time/time caching": absent,
		"withkeyword/builtin: http.send example": absent, "withkeyword/builtin: nested, multiple mocks": absent, "withkeyword/builtin-builtin: arity 0": absent,

		"aggregates/member+some+with": around, "every/domain undefined (input)": around, "inputvalues/loopback": around, "inputvalues/loopback undefined": around,
		"logic_op/comprehension: object with or": around, "virtualdocs/undefined: in array literal": around, "virtualdocs/undefined: in set literal": around,
		"virtualdocs/undefined: in array coprehension body": around, "virtualdocs/undefined: in set coprehension body": around,
		"withkeyword/builtin-value: arity-1, input must still be defined": around, "withkeyword/with conflict": around, "withkeyword/with stack": around,
		"withkeyword/with not stack": around, "withkeyword/with stack overwrites": around,

		"eqexpr/indexing: input is 1": document, "eqexpr/indexing: input is 1.0": document, "every/non-iter domain: input int (1st level)": document,
		"globmatch/captured negative result, constant": document, "globmatch/captured negative results, variable": document, "inputvalues/input set": document,
		"ir/call_dynamic in comprehension": document, "withkeyword/with invalidate input stack": document,
		"withkeyword/with invalidate input stack iteration": document, "withkeyword/with invalidate virtual cache": document,

		"functionerrors/undefined builtin result": blocks, "jsonbuiltins/unmarshal number beyond the supported exponent is undefined": blocks,
		"jsonbuiltins/unmarshal number with too big an exponent is undefined": blocks, "jsonpatch/json_patch_tests": blocks,
		"jsonpatch/set-failure add-to-bad-path": blocks, "jsonpatch/set-failure add-with-mismatched-key-value": blocks,
		"regex.replace: bad regex pattern: Syntax error": blocks, "regexmatch/regex.match bad RE": blocks,

		"fix1863/is defined": whole, "topdowndynamicdispatch/dynamic dispatch": whole,
		"baseandvirtualdocs/base/virtual: conflicts": "a rule in the place of data is a mistake",
	}
}
