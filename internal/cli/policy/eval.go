package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// evaluation is the result of terrace policy eval, for programs.
type evaluation struct {
	Summary summary         `json:"summary"`
	Results []policy.Result `json:"results"`
	Notices []policy.Notice `json:"notices,omitempty"`
}

type summary struct {
	Policies   int  `json:"policies"`
	Violations int  `json:"violations"`
	Warnings   int  `json:"warnings"`
	Exceptions int  `json:"exceptions"`
	Exempted   int  `json:"exempted"`
	Errors     int  `json:"errors"`
	Blocked    bool `json:"blocked"`
	TookMS     int  `json:"tookMs"`
}

type evalFlags struct {
	choice  choice
	plan    string
	context policy.Context
	failOn  string
	timeout time.Duration
}

func eval(e *command.Env) *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use: "eval --plan FILE", Short: "Hold a plan or a state against policies", Args: cobra.NoArgs,
		Long: "The file is what `terraform show -json` writes of a plan or of a state, or a state file; - reads it from\n" +
			"the input. No server is asked. Policies are Rego: rules deny, warn and violation of any package, as\n" +
			"Conftest has them, and exceptions.\n\n" +
			"The exit code is 1 when a policy is violated whose level is at least that of --fail-on, and 2 when\n" +
			"something could not be evaluated: the file, the policies, or one of them of such a level.",
		Example: "  terraform show -json plan.out > plan.json && terrace policy eval --plan plan.json\n" +
			"  terrace policy eval --plan plan.json --policies ./policy --with-shipped --stage prod -o json\n" +
			"  terraform show -json | terrace policy eval --plan - --fail-on hard-mandatory",
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c, e) },
	}
	f.choice.flags(c)
	flags := c.Flags()
	flags.StringVar(&f.plan, "plan", "", "the plan or state, as JSON, or -")
	flags.StringVar(&f.context.Stage, "stage", "", "the stage that policies see")
	flags.StringVar(&f.context.Tenant, "tenant", "", "the tenant that policies see")
	flags.StringVar(&f.context.Target, "target", "", "the target that policies see, such as azure")
	flags.StringVar(&f.context.Runtime, "runtime", "", "the runtime that policies see")
	flags.StringVar(&f.context.Operation, "operation", "", "the operation that policies see, such as deploy")
	flags.StringVar(&f.context.Requester, "requester", "", "the requester that policies see")
	flags.StringVar(&f.failOn, "fail-on", string(policy.SoftMandatory), "the mildest level that fails: advisory, soft-mandatory or hard-mandatory")
	flags.DurationVar(&f.timeout, "timeout", rego.DefaultTimeout, "how long each policy may take")
	_ = c.MarkFlagRequired("plan")         // the flag was made above
	_ = c.MarkFlagFilename("plan", "json") // likewise
	_ = c.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(levels(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func levels() []string {
	var names []string
	for _, l := range policy.Levels() {
		names = append(names, string(l))
	}
	return names
}

func (f *evalFlags) run(c *cobra.Command, e *command.Env) error {
	failOn, err := policy.ParseLevel(f.failOn)
	if err != nil {
		return &exit.UsageError{Err: err, Command: c.CommandPath()}
	}
	report, err := f.evaluate(c, e)
	if err != nil {
		return &exit.PolicyError{Err: err}
	}
	if err := e.Print(evaluationOf(report), func(w io.Writer) { write(w, report) }); err != nil {
		return err
	}
	return verdict(report, failOn)
}

func (f *evalFlags) evaluate(c *cobra.Command, e *command.Env) (policy.Report, error) {
	content, err := content(e, f.plan)
	if err != nil {
		return policy.Report{}, err
	}
	in, err := plan.Read(f.plan, content)
	if err != nil {
		return policy.Report{}, err
	}
	in.Context = f.context
	in.Context.Project = e.Identity.Project
	set, err := f.choice.compile(c.Context())
	if err != nil {
		return policy.Report{}, err
	}
	return set.Eval(c.Context(), in, rego.Options{Timeout: f.timeout})
}

// content reads the file, or the input for -.
func content(e *command.Env, file string) ([]byte, error) {
	in := e.In
	if file != "-" {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, kernel.Errorf(kernel.NotFound, "there is no file %s", file).WithFix("write it with `terraform show -json plan.out > %s`", file)
		}
		if err != nil {
			return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", file, err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, plan.MaxBytes+1))
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", file, err)
	}
	return b, nil
}

// verdict is how the command ends.
func verdict(r policy.Report, failOn policy.Level) error {
	violated := false
	for _, result := range r.Results {
		if result.Outcome == policy.Errored && result.Level.AtLeast(failOn) {
			return &exit.PolicyError{Told: true, Err: errors.New("a policy could not be evaluated")}
		}
		violated = violated || result.Outcome == policy.Violated && result.Level.AtLeast(failOn)
	}
	if violated {
		return &exit.ViolationError{}
	}
	return nil
}

// waived is why an exempted result stops nothing.
func waived(x *policy.Waiver) string {
	if x == nil {
		return ""
	}
	return fmt.Sprintf("until %s, as %s asked and %s approved: %s (%s)", output.Stamp(x.ExpiresAt), x.RequestedBy, x.ApprovedBy, x.Reason, x.ID)
}

func exemptedText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d exempted", n)
}

func evaluationOf(r policy.Report) evaluation {
	return evaluation{Results: r.Results, Notices: r.Notices, Summary: summary{
		Policies: len(r.Evaluated), Violations: r.Count(policy.Violated), Warnings: r.Count(policy.Warned),
		Exceptions: r.Count(policy.Excepted), Exempted: r.Count(policy.Exempted), Errors: r.Count(policy.Errored), Blocked: r.Blocked(), TookMS: int(r.Took.Milliseconds()),
	}}
}

func write(w io.Writer, r policy.Report) {
	for _, result := range r.Results {
		_, _ = fmt.Fprintf(w, "%s  %s  %s (%s)\n  %s\n", strings.ToUpper(string(result.Outcome)), result.Policy, result.Level, result.Severity, result.Sentence())
		for _, line := range [][2]string{{"at", result.Attribute}, {"exempted", waived(result.Exemption)}, {"fix", result.Fix}, {"controls", result.Controls.String()}} {
			if line[1] != "" {
				_, _ = fmt.Fprintf(w, "  %s: %s\n", line[0], line[1])
			}
		}
		_, _ = fmt.Fprintln(w)
	}
	s := evaluationOf(r).Summary
	_, _ = fmt.Fprintf(w, "%s: %s, %s, %s, %s%s\n", count(s.Policies, "policy", "policies"), count(s.Violations, "violation", "violations"),
		count(s.Warnings, "warning", "warnings"), count(s.Exceptions, "exception", "exceptions"), count(s.Errors, "error", "errors"), exemptedText(s.Exempted))
	for _, n := range r.Notices {
		if n.Policy == "" {
			_, _ = fmt.Fprintf(w, "note: %s:%d:%d: %s\n", n.File, n.Line, n.Column, n.Message)
			continue
		}
		_, _ = fmt.Fprintf(w, "note: %s: %s:%d: %s; the rule looked no further there\n", n.Policy, n.File, n.Line, n.Message)
	}
}
