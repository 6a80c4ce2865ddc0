package access

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func why(e *command.Env) *cobra.Command {
	var q apiclient.ExplainAccessParams
	var of string
	var tenant bool
	c := &cobra.Command{
		Use: "why", Short: "Tell whether you, or somebody else, may do an action, and by which roles", Args: cobra.NoArgs,
		Long:    subjectHelp + "\nEvery grant is shown with what it does, the group that it comes through, what your token leaves out, and who can grant what is missing.",
		Example: "  terrace auth why --action workload.deploy --project shop --stage prod\n  terrace auth why --user ada --action run.approve --project shop",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			q.Project = project
			if of != "" {
				who, err := subject(of)
				if err != nil {
					return err
				}
				q.Kind, q.Subject = who.Kind, who.Name
			}
			d, err := s.ExplainAccess(ctx, q)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeDecision(w, d) })
		}),
	}
	c.Flags().StringVar(&of, "user", "", "who: a user, or service:NAME; you unless given")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
	c.Flags().StringVar(&q.Action, "action", "", "the action, see terrace auth actions")
	_ = c.RegisterFlagCompletionFunc("action", command.ForFlag(e.Actions())) // the flag was made above
	_ = c.MarkFlagRequired("action")
	e.StageFlag(c, &q.Stage, "stage", "the stage that it is about", false)
	c.Flags().BoolVar(&tenant, "tenant", false, "about the whole tenant, not the project")
	return c
}

func writeDecision(w io.Writer, d apiclient.AccessDecision) {
	word := "may not"
	if d.Allowed {
		word = "may"
	}
	_, _ = fmt.Fprintf(w, "%s %s do %s in %s: %s\n", subjectText(d.Subject), word, d.Action, d.Where, d.Why)
	if len(d.Grantors) > 0 {
		_, _ = fmt.Fprintf(w, "%s can grant it\n", strings.Join(d.Grantors, " or "))
	}
	if d.Limits != nil {
		_, _ = fmt.Fprintf(w, "your token is good for %s\n", narrowed(d.Limits))
	}
	if len(d.Grants) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	rows := make([][]string, 0, len(d.Grants))
	for _, g := range d.Grants {
		counts := "no"
		if g.Counts {
			counts = "yes"
		}
		via, end := "-", "-"
		if g.Via != "" {
			via = "group:" + g.Via
		}
		if g.ExpiresAt != nil {
			end = output.Stamp(*g.ExpiresAt)
		}
		rows = append(rows, []string{string(g.Role), place(g.Platform, g.Project, g.Stage), via, end, counts, g.Why, g.ID})
	}
	output.Rows(w, []string{"ROLE", "IN", "THROUGH", "UNTIL", "COUNTS", "WHY", "GRANT"}, rows)
}

func listActions(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "actions", Short: "List the actions, the roles that may do them, and the scope that a token needs", Args: cobra.NoArgs,
		Example: "  terrace auth actions",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			actions, err := s.AccessActions(ctx)
			return command.PrintFound(e, actions, err, []string{"ACTION", "SCOPE", "ROLES"}, func(a apiclient.AccessAction) []string {
				roles := make([]string, 0, len(a.Roles))
				for _, r := range a.Roles {
					roles = append(roles, string(r))
				}
				return []string{a.Name, string(a.Scope), strings.Join(roles, " ")}
			})
		}),
	}
}
