package policy

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/policy"
)

func assign(e *command.Env) *cobra.Command {
	var in apiclient.AssignPoliciesRequest
	var tenant bool
	c := &cobra.Command{
		Use: "assign POLICIES LEVEL --reason REASON", Short: "Give policies a stricter level in the project, or in the tenant",
		Long: "POLICIES is the id of a policy or a pattern such as 'azure-storage-*'; LEVEL is advisory, soft-mandatory,\n" +
			"hard-mandatory or off. Of several that hold, the strictest counts, and none goes below what the operator's\n" +
			"configuration, or where that says nothing the policy itself, sets.",
		Example: "  terrace policy assign 'azure-storage-*' hard-mandatory --stage prod --reason \"the audit of May\"\n" +
			"  terrace policy assign '*' soft-mandatory --set /etc/terrace/policies --tenant --reason \"they have settled\"",
		Args: cobra.ExactArgs(2), ValidArgsFunction: e.Policies(),
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Policies, in.Level = args[0], apiclient.PolicyLevel(args[1])
			done, err := s.AssignPolicies(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(done, func(w io.Writer) { writeEffect(w, done) })
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "only on this stage", false)
	command.Choice(c, &in.Target, "target", "", "only on stages with this target", targets()...)
	command.ChoiceArgument(c, 1, append(policy.Levels(), policy.Off)...)
	c.Flags().StringVar(&in.Set, "set", "", "only those of this source of policies, such as terrace")
	_ = c.RegisterFlagCompletionFunc("set", command.ForFlag(e.PolicySets())) // the flag was made above
	c.Flags().BoolVar(&tenant, "tenant", false, "in all projects of the tenant, not in the project")
	command.Reason(c, &in.Reason)
	return c
}

func writeEffect(w io.Writer, e apiclient.PolicyEffect) {
	_, _ = fmt.Fprintf(w, "%s: %s is %s on %s, version %d\n", e.ID, strings.TrimSpace(e.Policies+" "+e.Set), e.Level, placesOf(e), e.Version)
	_, _ = fmt.Fprintf(w, "it names %s", count(int(e.Matches), "policy", "policies"))
	if e.Stricter > 0 {
		_, _ = fmt.Fprintf(w, ", of which %d keep a stricter level", e.Stricter)
	}
	_, _ = fmt.Fprintln(w)
}

// placesOf is where an assignment holds.
func placesOf(e apiclient.PolicyEffect) string {
	where := "all stages"
	if e.Scope.Stage != "" {
		where = e.Scope.Stage
	}
	if e.Target != "" {
		where += " with the target " + e.Target
	}
	if e.Scope.Project == "" {
		return where + " in all projects"
	}
	return where + " of " + e.Scope.Project
}

// count writes how many there are of something.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// assignments has the commands about what is assigned.
type assignments struct {
	*command.Env

	tenant bool
}

func assignmentsCommand(e *command.Env) *cobra.Command {
	a := &assignments{Env: e}
	c := command.Group("assignments", "See which levels are assigned to policies, by whom and since when", a.list(), a.history(), a.remove())
	c.PersistentFlags().BoolVar(&a.tenant, "tenant", false, "those of all projects of the tenant, not of the project")
	return c
}

func (a *assignments) list() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the levels that the project, the tenant and the operator assigned", Args: cobra.NoArgs,
		Long:    "Of the operator's, the last that holds counts; it is the floor of the others, of which the strictest counts.",
		Example: "  terrace policy assignments list\n  terrace policy assignments list --tenant -o json",
		RunE: a.InScope(&a.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Assignments(ctx, project)
			if err != nil {
				return err
			}
			return a.Print(all, func(w io.Writer) { a.write(w, all) })
		}),
	}
}

func (a *assignments) write(w io.Writer, all apiclient.Assignments) {
	var rows [][]string
	for _, p := range all.Platform {
		rows = append(rows, []string{"-", p.Policies, string(p.Level), places(p.Project, p.Stage, p.Target), "the configuration", "", ""})
	}
	for _, v := range all.Items {
		rows = append(rows, []string{v.ID, strings.TrimSpace(v.Policies + " " + v.Set), string(v.Level), places(v.Scope.Project, v.Scope.Stage, v.Target), v.By.Name, output.Age(a.Clock.Now(), v.At), v.Reason})
	}
	output.Rows(w, []string{"ASSIGNMENT", "POLICIES", "LEVEL", "WHERE", "BY", "AGE", "REASON"}, rows)
}

func places(parts ...string) string {
	text := strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	if text == "" {
		return "everywhere"
	}
	return text
}

func (a *assignments) history() *cobra.Command {
	return &cobra.Command{
		Use: "history ASSIGNMENT", Short: "List the versions of an assignment, the newest first", Args: cobra.ExactArgs(1),
		Example: "  terrace policy assignments history ASSIGNMENT", ValidArgsFunction: a.Assignments(),
		RunE: a.InScope(&a.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			all, err := s.AssignmentVersions(ctx, project, args[0])
			return command.PrintFound(a.Env, all, err, []string{"VERSION", "LEVEL", "BY", "AGE", "REASON"}, func(v apiclient.PolicySetting) []string {
				level := string(v.Level)
				if v.Removed {
					level = "removed"
				}
				return []string{fmt.Sprint(v.Version), level, v.By.Name, output.Age(a.Clock.Now(), v.At), v.Reason}
			})
		}),
	}
}

func (a *assignments) remove() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "remove ASSIGNMENT --reason REASON", Short: "Remove an assignment; its history stays", Args: cobra.ExactArgs(1),
		Example: "  terrace policy assignments remove ASSIGNMENT --reason \"the audit is over\"", ValidArgsFunction: a.Assignments(),
		RunE: a.InScope(&a.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			v, err := s.RemoveAssignment(ctx, project, args[0], reason)
			if err != nil {
				return err
			}
			return a.Print(v, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is removed\n", v.ID) })
		}),
	}
	command.Reason(c, &reason)
	return c
}
