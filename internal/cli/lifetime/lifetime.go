// Package lifetime has the commands terrace lifetime …: what expires when, and
// having it expire later.
//
// It owns their flags and tables. What is possible the server says.
package lifetime

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace lifetime.
func Command(e *command.Env) *cobra.Command {
	return command.Group("lifetime", "What is deployed for a while, and when it is removed", list(e), show(e), extend(e))
}

func list(e *command.Env) *cobra.Command {
	var p apiclient.ListLifetimesParams
	c := &cobra.Command{
		Use: "list", Short: "List what expires in the project, the first to expire first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace lifetime list\n  terrace lifetime list --stage dev -o json",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Lifetimes(ctx, project, p)
			return command.PrintFound(e, all, err, []string{"WORKLOAD", "STAGE", "EXPIRES", "BY", "WARNED", "NOW"}, func(l apiclient.Lifetime) []string { return row(e, l) })
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "on this stage alone", false)
	return c
}

func row(e *command.Env, l apiclient.Lifetime) []string {
	warned, by := "", l.Origin
	if l.WarnedAt != nil {
		warned = output.Age(e.Clock.Now(), *l.WarnedAt) + " ago"
	}
	if l.SetBy != "" {
		by += " by " + l.SetBy
	}
	return []string{l.Workload, l.Scope.Stage, output.Moment(e.Clock.Now(), l.ExpiresAt), by, warned, Now(l)}
}

// Now says what is done about a lifetime that is over.
func Now(l apiclient.Lifetime) string {
	if l.Run != "" {
		return "is removed by " + l.Run
	}
	return l.Problem
}

func show(e *command.Env) *cobra.Command {
	var p apiclient.ListLifetimesParams
	c := &cobra.Command{
		Use: "show WORKLOAD", Short: "Show when a workload expires", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Example: "  terrace lifetime show orders --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			p.Workload = args[0]
			all, err := s.Lifetimes(ctx, project, p)
			switch {
			case err != nil:
				return err
			case len(all) == 0:
				return kernel.Errorf(kernel.NotFound, "%s on %s has no lifetime", args[0], p.Stage).WithFix("give it one with terrace deploy --stage %s --lifetime 72h", p.Stage)
			}
			return e.Print(all[0], func(w io.Writer) {
				r := row(e, all[0])
				output.Pairs(w, "workload", r[0], "stage", r[1], "expires", r[2], "given by", r[3], "reason", all[0].Reason, "warned", r[4], "now", r[5])
			})
		}),
	}
	e.StageFlag(c, &p.Stage, "stage", "the stage", true)
	return c
}

func extend(e *command.Env) *cobra.Command {
	var in apiclient.ExtendLifetimeRequest
	var by time.Duration
	c := &cobra.Command{
		Use: "extend WORKLOAD --by 48h --reason REASON", Short: "Have a workload expire later", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		Long:    "It is counted from when it would expire, or from now on where that is over, and ends within the longest\nlifetime of the stage from now on.",
		Example: "  terrace lifetime extend orders --stage dev --by 48h --reason 'the review is on Monday'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Workload, in.By = args[0], by.String()
			l, err := s.ExtendLifetime(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(l, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s on %s expires %s\n", l.Workload, l.Scope.Stage, output.Moment(e.Clock.Now(), l.ExpiresAt))
			})
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	command.DurationVar(c.Flags(), &by, "by", 0, "by how much, such as 48h or 2d")
	_ = c.MarkFlagRequired("by") // the flag was made above
	command.Reason(c, &in.Reason)
	return c
}
