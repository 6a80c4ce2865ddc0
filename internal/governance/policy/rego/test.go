package rego

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Verdict is what became of one test of policies.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "pass"
	Failed  Verdict = "fail"
	Errored Verdict = "error"
	Skipped Verdict = "skip"
)

// TestResult is one test.
type TestResult struct {
	Package string  `json:"package"`
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Message string  `json:"message,omitempty"`
	// Cases are those that fail of a test that is a table, test_x[note].
	Cases   []string      `json:"cases,omitempty"`
	Printed string        `json:"printed,omitempty"`
	Took    time.Duration `json:"took"`
}

// FileCoverage tells how much of a file the tests ran.
type FileCoverage struct {
	File string `json:"file"`
	// Percent is of its lines with expressions.
	Percent float64 `json:"percent"`
	// Missed are the lines that no test ran.
	Missed []int `json:"missed,omitempty"`
}

// TestReport is what became of the tests of folders.
type TestReport struct {
	Tests    []TestResult   `json:"tests"`
	Coverage []FileCoverage `json:"coverage,omitempty"`
	Percent  float64        `json:"percent,omitempty"`
}

// Count returns how many tests ended so.
func (r TestReport) Count(v Verdict) int {
	n := 0
	for _, t := range r.Tests {
		if t.Verdict == v {
			n++
		}
	}
	return n
}

// TestOptions is how tests are run.
type TestOptions struct {
	// Filter is a regular expression that names of tests must match, package included.
	Filter   string
	Coverage bool
	Timeout  time.Duration
	// Native has functions of the library called in Go, as in an evaluation; without,
	// everything is Rego, as where opa tests.
	Native bool
}

// Test runs the rules test_… of folders, which have to be policies that Compile takes.
func Test(ctx context.Context, o TestOptions, library policy.Folder, folders ...policy.Folder) (TestReport, error) {
	_, err := inTime(ctx, func() (*built, error) {
		b, _, err := load(library, folders)
		return b, err
	})
	if err != nil {
		return TestReport{}, err
	}
	b, err := build(library, folders, true, o.Native)
	if err != nil {
		return TestReport{}, err
	}
	runner := tester.NewRunner().SetCompiler(b.compiler).SetStore(b.store).SetModules(b.modules).
		CapturePrintOutput(true).RaiseBuiltinErrors(true).Filter(o.Filter).SetTimeout(cmp.Or(o.Timeout, DefaultTimeout))
	if b.native {
		runner.AddCustomBuiltins(nativesForTests())
	}
	var covered *cover.Cover
	if o.Coverage {
		covered = cover.New()
		runner.SetCoverageQueryTracer(covered)
	}
	var report TestReport
	err = storage.Txn(ctx, b.store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		found, err := inTime(ctx, func() (chan *tester.Result, error) { return runner.RunTests(ctx, txn) })
		if err != nil {
			return invalid(problemsOf(err))
		}
		for r := range found {
			report.Tests = append(report.Tests, testResult(r))
		}
		return ctx.Err()
	})
	if err != nil {
		return TestReport{}, err
	}
	slices.SortFunc(report.Tests, func(a, b TestResult) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	})
	if covered != nil {
		report.cover(covered.Report(b.compiler.Modules), b.sources)
	}
	return report, nil
}

func testResult(r *tester.Result) TestResult {
	t := TestResult{
		Package: trimData(r.Package), Name: r.Name, Verdict: Passed, File: r.Location.File, Line: r.Location.Row,
		Printed: string(r.Output), Took: r.Duration,
	}
	broken, why := broke(r)
	t.Cases = failing(r.SubResults)
	switch {
	case broken:
		t.Verdict, t.Message = Errored, why
	case r.Skip:
		t.Verdict = Skipped
	case r.Fail:
		t.Verdict, t.Message = Failed, why
	}
	return t
}

// broke reports whether a test could not be evaluated, and why it may not have passed. As
// in an evaluation, an argument of the wrong type is what policies count on; and of a
// test that passes, its errors were expected.
func broke(r *tester.Result) (bool, string) {
	if r.Error == nil {
		return false, ""
	}
	why := r.Error.Error()
	if e, ok := errors.AsType[*topdown.Error](r.Error); ok {
		return r.Fail && fails(*e) || !ofBuiltin(e), why
	}
	if all := severalErrors().FindAllStringSubmatch(why, -1); len(all) > 0 { // the library tells several as one text
		codes, texts := map[string]bool{}, []string{}
		for _, one := range all {
			codes[one[1]] = true
			texts = append(texts, one[3]+": "+one[1]+": "+one[2])
		}
		return r.Fail && codes[topdown.BuiltinErr], strings.Join(slices.Compact(texts), "; ")
	}
	return true, why
}

// ofBuiltin reports whether an error is one of a builtin function, after which Rego goes on.
func ofBuiltin(e *topdown.Error) bool {
	return e.Code == topdown.BuiltinErr || e.Code == topdown.TypeErr
}

// severalErrors are the errors in the library's text of several: code, message, place.
func severalErrors() *regexp.Regexp {
	return regexp.MustCompile(`\{(eval_\w+) (.+?) ([^ {}]+:\d+) [^{}]*\}`)
}

// failing are the names of the cases of a test that is a table, test_x[note], that fail.
func failing(all tester.SubResultMap) []string {
	var names []string
	for name, r := range all.Iter {
		if r.Fail && len(r.SubResults) == 0 {
			names = append(names, strings.Join(name, "/"))
		}
	}
	slices.Sort(names)
	return names
}

// cover tells the coverage of the folders' own files, without that of the library.
func (r *TestReport) cover(c cover.Report, own map[string]string) {
	covered, missed := 0, 0
	for file, f := range c.Files {
		if _, ok := own[file]; !ok {
			continue
		}
		covered, missed = covered+f.CoveredLines, missed+f.NotCoveredLines
		coverage := FileCoverage{File: file, Percent: f.Coverage}
		for _, gap := range f.NotCovered {
			for line := gap.Start.Row; line <= gap.End.Row; line++ {
				coverage.Missed = append(coverage.Missed, line)
			}
		}
		coverage.Missed = slices.Compact(coverage.Missed)
		r.Coverage = append(r.Coverage, coverage)
	}
	slices.SortFunc(r.Coverage, func(a, b FileCoverage) int { return cmp.Compare(a.File, b.File) })
	if covered+missed > 0 {
		r.Percent = 100 * float64(covered) / float64(covered+missed)
	}
}

func nativesForTests() []*tester.Builtin {
	var all []*tester.Builtin
	for _, f := range functions() {
		all = append(all, &tester.Builtin{Func: f})
	}
	return all
}
