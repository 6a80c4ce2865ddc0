// Package drift has the commands about what was changed outside of Terrace:
// terrace drift check, list, show, accept, revert and ignore.
//
// It owns their flags, tables and exit codes. What is drift, and what becomes
// of it, the server decides.
package drift

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace drift.
func Command(e *command.Env) *cobra.Command {
	return command.Group("drift", "See what was changed outside of Terrace, and decide on it",
		check(e), list(e), show(e), accept(e), revert(e), ignore(e))
}

func list(e *command.Env) *cobra.Command {
	var f apiclient.ListDriftParams
	c := &cobra.Command{
		Use: "list [WORKLOAD]", Short: "List what was changed outside, the newest first", Aliases: []string{"ls"},
		Example: "  terrace drift list\n  terrace drift list orders --stage prod --severity critical\n  terrace drift list --all -o json",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			f.Workload = command.First(args)
			drifts, err := s.Drifts(ctx, project, f)
			return command.PrintFound(e, drifts, err, header(), row(e))
		}),
	}
	e.StageFlag(c, &f.Stage, "stage", "only of this stage", false)
	command.Choice(c, &f.Severity, "severity", "", "only of this severity", "critical", "high", "medium", "low")
	command.Choice(c, &f.Status, "status", "", "only with this status",
		"open", "ignored", "accepting", "reverting", "resolved")
	c.Flags().BoolVar(&f.All, "all", false, "show what is resolved, too")
	return c
}

// header and row are the table of what was changed.
func header() []string {
	return []string{"DRIFT", "SEVERITY", "WORKLOAD", "STAGE", "RESOURCE", "CHANGED", "BY", "STATUS", "AGE"}
}

func row(e *command.Env) func(apiclient.Drift) []string {
	now := e.Clock.Now()
	return func(d apiclient.Drift) []string {
		return []string{d.ID, string(d.Severity), d.Workload, d.Stage, d.Address, what(d), who(d), string(d.Status), output.Age(now, d.DetectedAt)}
	}
}

// what sums up the change in a few words.
func what(d apiclient.Drift) string {
	if d.Action == "deleted" {
		return "deleted"
	}
	paths := make([]string, 0, len(d.Attributes))
	for _, a := range d.Attributes {
		paths = append(paths, a.Path)
	}
	const most = 3
	if len(paths) > most {
		paths = append(paths[:most], fmt.Sprintf("and %d more", len(paths)-most))
	}
	return strings.Join(paths, ", ")
}

func who(d apiclient.Drift) string {
	if len(d.Who) == 0 {
		return "unknown"
	}
	return d.Who[0].Who
}
