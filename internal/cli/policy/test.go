package policy

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// tested is the result of terrace policy test, for programs.
type tested struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Errors  int `json:"errors"`
	Skipped int `json:"skipped"`
	rego.TestReport
}

func test(e *command.Env) *cobra.Command {
	var o rego.TestOptions
	c := &cobra.Command{
		Use: "test DIR...", Short: "Run the tests of policies", Args: cobra.MinimumNArgs(1),
		Long: "Runs the rules test_… of the files *_test.rego below the folders. The library of Terrace can be imported.\n" +
			"A test todo_test_… is skipped. The exit code is 1 when a test fails, and 2 when one cannot be evaluated\n" +
			"or the policies do not compile.",
		Example: "  terrace policy test policies\n  terrace policy test ./policy --run storage --coverage\n  terrace policy test ./policy -o json",
		RunE: func(c *cobra.Command, dirs []string) error {
			if _, err := regexp.Compile(o.Filter); err != nil {
				return &exit.UsageError{Err: fmt.Errorf("--run %q is no regular expression: %w", o.Filter, err), Command: c.CommandPath()}
			}
			report, err := runTests(c, o, dirs)
			if err != nil {
				return &exit.PolicyError{Err: err}
			}
			out := tested{report.Count(rego.Passed), report.Count(rego.Failed), report.Count(rego.Errored), report.Count(rego.Skipped), report}
			if err := e.Print(out, func(w io.Writer) { writeTests(w, out) }); err != nil {
				return err
			}
			switch {
			case out.Errors > 0:
				return &exit.PolicyError{Told: true, Err: errors.New("a test could not be evaluated")}
			case out.Failed > 0:
				return &exit.ViolationError{}
			default:
				return nil
			}
		},
	}
	c.Flags().StringVar(&o.Filter, "run", "", "only tests whose package and name match this regular expression")
	c.Flags().BoolVar(&o.Coverage, "coverage", false, "tell which lines no test ran")
	command.DurationVar(c.Flags(), &o.Timeout, "timeout", rego.DefaultTimeout, "how long each test may take")
	return c
}

func runTests(c *cobra.Command, o rego.TestOptions, dirs []string) (rego.TestReport, error) {
	var folders []policy.Folder
	for _, dir := range dirs {
		folder, err := read(dir)
		if err != nil {
			return rego.TestReport{}, err
		}
		folders = append(folders, folder)
	}
	lib, err := library()
	if err != nil {
		return rego.TestReport{}, err
	}
	report, err := rego.Test(c.Context(), o, lib, folders...)
	if err == nil && len(report.Tests) == 0 && o.Filter != "" {
		return report, kernel.Errorf(kernel.NotFound, "no test in %s has a name, with its package, that matches --run %s", strings.Join(dirs, ", "), o.Filter).
			WithFix("see all with terrace policy test %s -o json, and name one, such as --run storage", dirs[0])
	}
	if err == nil && len(report.Tests) == 0 {
		return report, kernel.Errorf(kernel.NotFound, "there are no tests in %s", strings.Join(dirs, ", ")).WithFix("write rules test_… in files *_test.rego, or name another folder")
	}
	return report, err
}

func writeTests(w io.Writer, t tested) {
	for _, r := range t.Tests {
		if r.Verdict == rego.Passed {
			continue
		}
		_, _ = fmt.Fprintf(w, "%s  %s.%s  %s:%d\n", strings.ToUpper(string(r.Verdict)), r.Package, r.Name, r.File, r.Line)
		if r.Message != "" {
			_, _ = fmt.Fprintf(w, "  %s\n", r.Message)
		}
		for _, one := range r.Cases {
			_, _ = fmt.Fprintf(w, "  fails: %s\n", one)
		}
		if r.Printed != "" {
			_, _ = fmt.Fprintf(w, "  %s\n", strings.TrimSpace(r.Printed))
		}
	}
	_, _ = fmt.Fprintf(w, "%s: %d passed, %d failed, %s, %d skipped (%s)\n", count(len(t.Tests), "test", "tests"), t.Passed, t.Failed, count(t.Errors, "error", "errors"), t.Skipped, total(t.Tests).Round(time.Millisecond))
	for _, f := range t.Coverage {
		if len(f.Missed) > 0 {
			_, _ = fmt.Fprintf(w, "%6.1f %%  %s: lines %s\n", f.Percent, f.File, numbers(f.Missed))
		}
	}
	if t.Percent > 0 {
		_, _ = fmt.Fprintf(w, "coverage: %.1f %%\n", t.Percent)
	}
}

func total(tests []rego.TestResult) time.Duration {
	var sum time.Duration
	for _, t := range tests {
		sum += t.Took
	}
	return sum
}

func numbers(lines []int) string {
	texts := make([]string, 0, len(lines))
	for _, n := range lines {
		texts = append(texts, strconv.Itoa(n))
	}
	return strings.Join(texts, ", ")
}
