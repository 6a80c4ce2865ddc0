package access

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// An elevation is between these.
const (
	shortest  = 5 * time.Minute
	longestOf = 24 * time.Hour
)

func elevate(e *command.Env) *cobra.Command {
	var in apiclient.RequestElevationRequest
	var tenant bool
	length := time.Hour
	c := &cobra.Command{
		Use: "elevate ROLE", Short: "Ask for a role for a while: viewer, auditor, developer, approver, secret-reader or admin",
		Long:    "Somebody else who is admin there, or whom terrace access approvers names, approves it. It ends by itself.",
		Example: "  terrace access elevate developer --project shop --stage prod --for 1h --reason \"the queue is stuck\"",
		Args:    cobra.ExactArgs(1),
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Role, in.Project, in.Minutes = apiclient.IdentityRole(args[0]), project, int64(length.Minutes())
			made, err := s.RequestElevation(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(made, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s waits for somebody to approve it: terrace access approve %s\n", made.ID, made.ID)
			})
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "in this stage of the project alone", false)
	c.Flags().BoolVar(&tenant, "tenant", false, "in the whole tenant, not in the project")
	command.DurationWithin(c.Flags(), &length, "for", time.Hour, shortest, longestOf, "how long it is to hold, a day at most")
	c.Flags().StringVar(&in.Reason, "reason", "", "what for")
	_ = c.MarkFlagRequired("reason")
	c.MarkFlagsMutuallyExclusive("tenant", "stage")
	command.ChoiceArgument(c, 0, roles()...)
	return c
}

func listElevations(e *command.Env) *cobra.Command {
	var q apiclient.ListElevationsParams
	var tenant, all bool
	c := &cobra.Command{
		Use: "elevations", Short: "List who asked for a role for a while, and what came of it", Args: cobra.NoArgs,
		Example: "  terrace access elevations\n  terrace access elevations --tenant --all",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			q.Project, q.Open = project, !all
			list, err := s.Elevations(ctx, q)
			return command.PrintFound(e, list, err, []string{"ELEVATION", "USER", "ROLE", "IN", "STATE", "FOR", "UNTIL", "BY", "REASON"}, func(v apiclient.Elevation) []string {
				end := "-"
				if v.ExpiresAt != nil {
					end = output.Stamp(*v.ExpiresAt)
				}
				return []string{v.ID, v.User, string(v.Role), place(false, v.Project, v.Stage), string(v.State), command.Length(time.Duration(v.Minutes) * time.Minute), end, v.DecidedBy, v.Reason}
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "all of the tenant, not those of the project")
	c.Flags().BoolVar(&all, "all", false, "also those that have ended, or were denied")
	return c
}

func approveElevation(e *command.Env) *cobra.Command {
	var word string
	var deny bool
	c := &cobra.Command{
		Use: "approve ELEVATION", Short: "Approve a role for a while that somebody else asks for, or deny it", Args: cobra.ExactArgs(1),
		Example: "  terrace access approve elv_…\n  terrace access approve elv_… --deny --reason \"wait for the window\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			v, err := s.DecideElevation(ctx, args[0], apiclient.DecideElevationRequest{Approve: !deny, Word: word})
			if err != nil {
				return err
			}
			return e.Print(v, func(w io.Writer) {
				if deny {
					_, _ = fmt.Fprintf(w, "%s is denied\n", v.ID)
					return
				}
				_, _ = fmt.Fprintf(w, "%s is %s in %s until %s\n", v.User, v.Role, place(false, v.Project, v.Stage), output.Stamp(*v.ExpiresAt))
			})
		}),
	}
	c.Flags().BoolVar(&deny, "deny", false, "deny it")
	c.Flags().StringVar(&word, "reason", "", "why")
	return c
}

func endElevation(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "end ELEVATION", Short: "End a role for a while before its time, or withdraw the request for it", Args: cobra.ExactArgs(1),
		Example: "  terrace access end elv_…",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			v, err := s.EndElevation(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return e.Print(v, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is ended\n", v.ID) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	return c
}

func approvers(e *command.Env) *cobra.Command {
	var users, groups []string
	var stage string
	var tenant bool
	var longest time.Duration
	c := &cobra.Command{
		Use: "approvers", Short: "Show or say who decides on elevations in the project beside its admins, and how long they may be", Args: cobra.NoArgs,
		Long:    "With a flag of --user, --group or --longest the setting is replaced; without one it is shown.",
		Example: "  terrace access approvers --project shop\n  terrace access approvers --project shop --stage prod --group on-call --longest 4h",
	}
	c.RunE = e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, _ []string) (err error) {
		var r apiclient.ElevationRule
		if c.Flags().Changed("user") || c.Flags().Changed("group") || c.Flags().Changed("longest") {
			in := apiclient.ElevationRule{Users: append([]string{}, users...), Groups: append([]string{}, groups...), Minutes: int64(longest.Minutes())}
			r, err = s.SetElevationRule(ctx, apiclient.SetElevationRuleParams{Project: project, Stage: stage}, in)
		} else {
			r, err = s.ElevationRule(ctx, apiclient.GetElevationRuleParams{Project: project, Stage: stage})
		}
		if err != nil {
			return err
		}
		return e.Print(r, func(w io.Writer) { writeRule(w, r) })
	})
	c.Flags().StringSliceVar(&users, "user", nil, "users who decide, several with commas")
	_ = c.RegisterFlagCompletionFunc("user", e.Users()) // the flag was made above
	c.Flags().StringSliceVar(&groups, "group", nil, "groups whose members decide, several with commas")
	command.DurationWithin(c.Flags(), &longest, "longest", 0, shortest, longestOf, "how long an elevation may be there, a day unless given")
	e.StageFlag(c, &stage, "stage", "in this stage of the project", false)
	c.Flags().BoolVar(&tenant, "tenant", false, "in the whole tenant, not in the project")
	c.MarkFlagsMutuallyExclusive("tenant", "stage")
	return c
}

func writeRule(w io.Writer, r apiclient.ElevationRule) {
	_, _ = fmt.Fprintln(w, "its admins decide, and those of what it is in")
	for _, u := range r.Users {
		_, _ = fmt.Fprintf(w, "the user %s\n", u)
	}
	for _, g := range r.Groups {
		_, _ = fmt.Fprintf(w, "who is in the group %s\n", g)
	}
	if r.Minutes > 0 {
		_, _ = fmt.Fprintf(w, "for %s at most\n", command.Length(time.Duration(r.Minutes)*time.Minute))
	}
}
