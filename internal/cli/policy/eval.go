package policy

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/cli/pricing"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

type evalFlags struct {
	choice  choice
	plan    string
	context policy.Context
	prices  pricing.Prices
	usage   pricing.Usage
	failOn  policy.Level
	timeout time.Duration
	// server has the server's policies asked, also about what the workload is exempt from.
	server   bool
	workload string
}

func eval(e *command.Env) *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use: "eval --plan FILE", Short: "Hold a plan or a state against policies", Args: cobra.NoArgs,
		Long: "The file is what `terraform show -json` writes of a plan or of a state, or a state file; - reads it from\n" +
			"the input. The plan may be of a Terraform that Terrace knows nothing of.\n\n" +
			"Without --server no server is asked: the policies are those that Terrace ships, or those of --policies, at\n" +
			"their own levels, and nobody is exempt. Policies are Rego: rules deny, warn and violation of any package,\n" +
			"as Conftest has them, and exceptions. They find what flags tell at input.terrace, and the estimate\n" +
			"of the plan at input.terrace.cost (--prices, --usage); of a policy that reads more, a warning says so.\n\n" +
			"With --server the file is sent to the server, which holds it against the policies that are in force there,\n" +
			"as the gate of a run would: at the levels of --stage, or of stages with --target, in the project. What the\n" +
			"project, or with --workload that, is exempt from is told with who, why and until when, and fails nothing.\n" +
			"It needs the role developer, approver or admin; nothing is kept.\n\n" +
			"The exit code is 1 when a policy is violated whose level is at least that of --fail-on, and 2 when\n" +
			"something could not be evaluated: the file, the policies, or one of them of such a level.",
		Example: "  terraform show -json plan.out > plan.json && terrace policy eval --plan plan.json\n" +
			"  terrace policy eval --plan plan.json --policies ./policy --with-shipped --stage prod -o json\n" +
			"  terraform show -json | terrace policy eval --plan - --fail-on hard-mandatory\n" +
			"  terrace policy eval --plan plan.json --server --stage prod --workload orders -o json",
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c, e) },
	}
	f.choice.flags(c)
	f.prices.Flags(c)
	f.usage.Flags(c)
	flags := c.Flags()
	flags.StringVar(&f.plan, "plan", "", "the plan or state, as JSON, or -")
	flags.BoolVar(&f.server, "server", false, "hold it against the policies of the server, as a run would be held")
	e.StageFlag(c, &f.context.Stage, "stage", "the stage that policies see; with --server, whose levels and exemptions hold", false)
	flags.StringVar(&f.workload, "workload", "", "with --server: the workload that it is of, whose exemptions count")
	flags.StringVar(&f.context.Tenant, "tenant", "", "the tenant that policies see")
	command.Choice(c, &f.context.Target, "target", "", "the target that policies see", targets()...)
	command.Choice(c, &f.context.Runtime, "runtime", "", "the runtime that policies see", "process", "kubernetes")
	command.Choice(c, &f.context.Operation, "operation", "", "the operation that policies see", "deploy", "promote", "rollback", "refresh", "destroy")
	flags.StringVar(&f.context.Requester, "requester", "", "the requester that policies see")
	command.Choice(c, &f.failOn, "fail-on", policy.SoftMandatory, "the mildest level that fails", policy.Levels()...)
	command.DurationVar(flags, &f.timeout, "timeout", rego.DefaultTimeout, "how long each policy may take")
	for _, alone := range []string{"policies", "with-shipped", "tenant", "runtime", "requester", "timeout", "prices", "usage"} {
		c.MarkFlagsMutuallyExclusive("server", alone)
	}
	_ = c.RegisterFlagCompletionFunc("workload", command.ForFlag(e.Workloads())) // the flag was made above
	_ = c.MarkFlagRequired("plan")                                               // the flag was made above
	_ = c.MarkFlagFilename("plan", "json")                                       // likewise
	return c
}

// targets are those that stages may have.
func targets() []string { return []string{"local", "azure", "aws", "gcp"} }

func (f *evalFlags) run(c *cobra.Command, e *command.Env) error {
	if f.workload != "" && !f.server {
		return exit.Wrong("--workload is for --server")
	}
	answer, err := f.answer(c, e)
	if err != nil {
		return err
	}
	if err := e.Print(answer, func(w io.Writer) { write(w, answer) }); err != nil {
		return err
	}
	return verdict(answer, f.failOn)
}

// answer is what the server's policies say, or those of the client.
func (f *evalFlags) answer(c *cobra.Command, e *command.Env) (policy.Answer, error) {
	if f.server {
		return f.ask(c.Context(), e)
	}
	report, err := f.evaluate(c, e)
	if err != nil {
		return policy.Answer{}, &exit.PolicyError{Err: err}
	}
	return report.Answer(), nil
}

func (f *evalFlags) evaluate(c *cobra.Command, e *command.Env) (policy.Report, error) {
	from, err := open(e, f.plan)
	if err != nil {
		return policy.Report{}, err
	}
	defer func() { _ = from.Close() }()
	content, err := io.ReadAll(io.LimitReader(from, plan.MaxBytes+1))
	if err != nil {
		return policy.Report{}, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", nameOf(f.plan), err)
	}
	d, err := planformat.Read(nameOf(f.plan), content)
	if err != nil {
		return policy.Report{}, err
	}
	set, err := f.choice.compile(c.Context())
	if err != nil {
		return policy.Report{}, err
	}
	around := set.Around()
	in := plan.Of(nameOf(f.plan), d)
	in.Context = f.context
	in.Context.Project = e.Identity.Project
	if in.Context.Cost, err = f.cost(c.Context(), d, around); err != nil {
		return policy.Report{}, err
	}
	report, err := set.Eval(c.Context(), in, rego.Options{Timeout: f.timeout})
	if err != nil {
		return policy.Report{}, err
	}
	report.JudgeWhole(in, nil)
	report.Notices = append(report.Notices, in.Notices...)
	return report, flag(&report, in.Context, set.Policies(), around)
}

// open opens the file, or the input for -.
func open(e *command.Env, file string) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(e.In), nil
	}
	f, err := command.Open(file)
	if known, ok := errors.AsType[*kernel.Error](err); ok && known.Fix == "" {
		return nil, known.WithFix("write it with `terraform show -json tfplan > plan.json`, and name that file")
	}
	return f, err
}

// verdict is how the command ends.
func verdict(r policy.Answer, failOn policy.Level) error {
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

func write(w io.Writer, r policy.Answer) {
	for _, result := range r.Results {
		_, _ = fmt.Fprintf(w, "%s  %s  %s (%s)\n  %s\n", strings.ToUpper(string(result.Outcome)), result.Policy, result.Level, result.Severity, result.Sentence())
		for _, line := range [][2]string{{"at", result.Attribute}, {"exempted", waived(result.Exemption)}, {"fix", result.Fix}, {"controls", result.Controls.String()}} {
			if line[1] != "" {
				_, _ = fmt.Fprintf(w, "  %s: %s\n", line[0], line[1])
			}
		}
		_, _ = fmt.Fprintln(w)
	}
	s := r.Summary
	_, _ = fmt.Fprintf(w, "%s: %s, %s, %s, %s%s\n", count(s.Policies, "policy", "policies"), count(s.Violations, "violation", "violations"),
		count(s.Warnings, "warning", "warnings"), count(s.Exceptions, "exception", "exceptions"), count(s.Errors, "error", "errors"), exemptedText(s.Exempted))
	for _, n := range r.Notices {
		if n.Policy == "" {
			_, _ = fmt.Fprintf(w, "note: %s\n", placed(n))
			continue
		}
		_, _ = fmt.Fprintf(w, "note: %s: %s:%d: %s; the rule looked no further there\n", n.Policy, n.File, n.Line, n.Message)
	}
}

// placed is a notice that is about no policy alone, with its place.
func placed(n policy.Notice) string {
	text := kernel.Problem{File: n.File, Line: n.Line, Column: n.Column, Message: n.Message}.String()
	if n.Source != "" {
		return n.Source + ": " + text
	}
	return text
}
