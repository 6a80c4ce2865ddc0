// Package compliance has the commands terrace compliance …: where what is applied
// stands against the policies.
//
// It owns their flags and tables. How things stand, the server says.
package compliance

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace compliance.
func Command(e *command.Env) *cobra.Command {
	return command.Group("compliance", "See where what is applied stands against the policies", status(e), show(e), report(e), frameworks(e), evaluate(e))
}

// tenantFlag lets a command be about all projects that its caller sees.
func tenantFlag(c *cobra.Command, tenant *bool) {
	c.Flags().BoolVar(tenant, "tenant", false, "all projects that you see, not one")
}

// standing is the answer of terrace compliance status, for programs.
type standing struct {
	Stacks []apiclient.ComplianceStanding `json:"stacks"`
	// Outcomes counts the stacks.
	Outcomes map[apiclient.ComplianceOutcome]int `json:"outcomes"`
}

func status(e *command.Env) *cobra.Command {
	var tenant bool
	var p apiclient.ListComplianceParams
	c := &cobra.Command{
		Use: "status [WORKLOAD]", Short: "Where do we stand: each workload and stage against the policies", Args: cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		Long:    "What is applied is held against the policies after each apply, when policies change, and once a day. One that\ncannot be evaluated is an error, and never passes.",
		Example: "  terrace compliance status\n  terrace compliance status --tenant --stage prod\n  terrace compliance status --outcome failing -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			p.Project, p.Workload = project, command.First(args)
			all, err := s.Compliance(ctx, p)
			if err != nil {
				return err
			}
			out := standing{Stacks: all, Outcomes: map[apiclient.ComplianceOutcome]int{}}
			for _, one := range all {
				out.Outcomes[one.Outcome]++
			}
			return e.Print(out, func(w io.Writer) { writeStatus(w, e, out) })
		}),
	}
	tenantFlag(c, &tenant)
	e.StageFlag(c, &p.Stage, "stage", "only on this stage", false)
	command.Choice(c, &p.Outcome, "outcome", "", "only those that stand so", outcomes()...)
	return c
}

func outcomes() []apiclient.ComplianceOutcome {
	return []apiclient.ComplianceOutcome{"failing", "error", "exempted", "passing", "not-evaluated"}
}

func writeStatus(w io.Writer, e *command.Env, all standing) {
	var rows [][]string
	for _, st := range all.Stacks {
		age := "never"
		if st.EvaluatedAt != nil {
			age = output.Age(e.Clock.Now(), *st.EvaluatedAt)
		}
		if st.Pending {
			age += ", again soon"
		}
		rows = append(rows, []string{
			st.Project, st.Workload, st.Stage, string(st.Outcome), fmt.Sprint(st.Findings), fmt.Sprint(st.Blocking),
			fmt.Sprintf("%d of %d", st.Policies.Passing, sum(st.Policies)), age,
		})
	}
	if len(rows) == 0 {
		_, _ = fmt.Fprintln(w, "nothing is applied")
		return
	}
	output.Rows(w, []string{"PROJECT", "WORKLOAD", "STAGE", "STANDS", "FINDINGS", "BLOCKING", "KEPT", "EVALUATED"}, rows)
	var counts []string
	for _, o := range slices.Sorted(maps.Keys(all.Outcomes)) {
		counts = append(counts, fmt.Sprintf("%s %d", o, all.Outcomes[o]))
	}
	_, _ = fmt.Fprintf(w, "\n%s\n", strings.Join(counts, ", "))
	for _, st := range all.Stacks {
		if st.Message != "" {
			_, _ = fmt.Fprintf(w, "%s/%s/%s: %s\n", st.Project, st.Workload, st.Stage, st.Message)
		}
	}
}

func sum(c apiclient.ComplianceCounts) int64 {
	return c.Passing + c.Failing + c.Exempted + c.Error + c.NotEvaluated
}

// shown is the answer of terrace compliance show, for programs.
type shown struct {
	apiclient.ComplianceStanding
	All []apiclient.ComplianceFinding `json:"all"`
}

func show(e *command.Env) *cobra.Command {
	var p apiclient.ListComplianceFindingsParams
	c := &cobra.Command{
		Use: "show WORKLOAD --stage STAGE", Short: "Show what of a workload on a stage breaks which policy, and how to mend it", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace compliance show orders --stage prod\n  terrace compliance show orders --stage prod --level hard-mandatory -o json",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			p.Project, p.Workload = project, args[0]
			stands, err := s.Compliance(ctx, apiclient.ListComplianceParams{Project: project, Workload: p.Workload, Stage: p.Stage})
			if err != nil {
				return err
			}
			if len(stands) == 0 {
				return kernel.Errorf(kernel.NotFound, "nothing of %s is applied on %s", p.Workload, p.Stage).WithFix("terrace compliance status shows what is")
			}
			found, err := s.ComplianceFindings(ctx, p)
			if err != nil {
				return err
			}
			out := shown{ComplianceStanding: stands[0], All: found}
			return e.Print(out, func(w io.Writer) { writeShown(w, out) })
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&p.Rule, "policy", "", "only findings of this policy")
	c.Flags().StringVar(&p.Control, "control", "", "only findings that answer this control, such as mcsb:DP-3")
	command.Choice(c, &p.Level, "level", "", "only findings of this level", "advisory", "soft-mandatory", "hard-mandatory")
	command.Choice(c, &p.Severity, "severity", "", "only findings of this severity", "low", "medium", "high", "critical")
	return c
}

func writeShown(w io.Writer, all shown) {
	evaluated := "never"
	if all.EvaluatedAt != nil {
		evaluated = output.Stamp(*all.EvaluatedAt)
	}
	output.Pairs(w, "project", all.Project, "workload", all.Workload, "stage", all.Stage, "stands", string(all.Outcome), "evaluated", evaluated,
		"because", all.Cause, "state", all.Version, "problem", all.Message, "fix", all.Fix,
		"policies", fmt.Sprintf("%d passing, %d failing, %d exempted, %d errors", all.Policies.Passing, all.Policies.Failing, all.Policies.Exempted, all.Policies.Error))
	for _, f := range all.All {
		_, _ = fmt.Fprintf(w, "\n%s  %s  %s (%s), since %s\n  %s\n", strings.ToUpper(string(f.Outcome)), f.Rule, f.Level, f.Severity, output.Stamp(f.Since), strings.TrimSpace(f.Address+" "+f.Message))
		for _, line := range [][2]string{{"at", f.Attribute}, {"exempted", waived(f.Exemption)}, {"fix", f.Fix}, {"controls", strings.Join(f.Controls, ", ")}} {
			if line[1] != "" {
				_, _ = fmt.Fprintf(w, "  %s: %s\n", line[0], line[1])
			}
		}
	}
	if all.Omitted > 0 {
		_, _ = fmt.Fprintf(w, "\n%d more findings are not kept\n", all.Omitted)
	}
}

// waived is why an exempted finding counts as none.
func waived(x *apiclient.PolicyWaiver) string {
	if x == nil {
		return ""
	}
	return fmt.Sprintf("until %s, as %s asked and %s approved: %s (%s)", output.Stamp(x.ExpiresAt), x.RequestedBy, x.ApprovedBy, x.Reason, x.ID)
}

func evaluate(e *command.Env) *cobra.Command {
	var in apiclient.EvaluateComplianceRequest
	c := &cobra.Command{
		Use: "evaluate [WORKLOAD]", Short: "Have what is applied held against the policies again, now", Args: cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace compliance evaluate\n  terrace compliance evaluate orders --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Workload = command.First(args)
			asked, err := s.EvaluateCompliance(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(asked, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d are evaluated; terrace compliance status tells when they are\n", asked.Stacks)
			})
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "only on this stage", false)
	return c
}
