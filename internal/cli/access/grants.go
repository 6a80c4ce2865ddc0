package access

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// subjectHelp says how a subject is written.
const subjectHelp = "A subject is the name of a user, group:NAME or service:NAME."

// roles are those that somebody may have in a tenant, the least first.
func roles() []string {
	return []string{"viewer", "auditor", "developer", "approver", "secret-reader", "admin"}
}

// subject reads a subject.
func subject(text string) (apiclient.GrantSubject, error) {
	kind, name, prefixed := strings.Cut(text, ":")
	switch {
	case !prefixed:
		return apiclient.GrantSubject{Kind: apiclient.IdentitySubjectKindUser, Name: text}, nil
	case kind == "user" || kind == "group" || kind == "service":
		return apiclient.GrantSubject{Kind: apiclient.IdentitySubjectKind(kind), Name: name}, nil
	default:
		return apiclient.GrantSubject{}, exit.Wrong("the subject is %q, and begins with neither user:, group: nor service:", text).WithFix("write a user's name, or %s:NAME", "group")
	}
}

func subjectText(s apiclient.GrantSubject) string {
	if s.Kind == apiclient.IdentitySubjectKindUser {
		return s.Name
	}
	return string(s.Kind) + ":" + s.Name
}

func grantRole(e *command.Env) *cobra.Command {
	var n node
	var length time.Duration
	var reason string
	c := &cobra.Command{
		Use: "grant SUBJECT ROLE", Short: "Give a user, a group or a service account a role: viewer, auditor, developer, approver, secret-reader, admin or operator",
		Long: subjectHelp + "\nThe role holds in the project and all its stages, unless --stage, --tenant or --platform says otherwise. Who has it already gets the end that --for names, or none.",
		Example: "  terrace access grant ada approver --project shop\n  terrace access grant group:team-shop developer --project shop --stage dev,test\n" +
			"  terrace access grant service:ci developer --project shop --for 90d\n  terrace access grant pat admin --tenant",
		Args: cobra.ExactArgs(2),
		RunE: n.in(e, func(ctx context.Context, s command.Server, project string, args []string) error {
			who, err := subject(args[0])
			if err != nil {
				return err
			}
			in := apiclient.CreateGrantRequest{Subject: who, Role: apiclient.IdentityRole(args[1]), Platform: n.platform, Project: project, Reason: reason}
			if length > 0 {
				end := e.Clock.Now().Add(length)
				in.ExpiresAt = &end
			}
			var made []apiclient.Grant
			for _, in.Stage = range n.each() {
				g, err := s.CreateGrant(ctx, in)
				if err != nil {
					return err
				}
				made = append(made, g)
			}
			return e.Print(made, func(w io.Writer) { writeMade(w, made) })
		}),
	}
	n.flags(e, c)
	command.DurationVar(c.Flags(), &length, "for", 0, "how long it holds, such as 8h or 90d; without an end unless given")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	command.ChoiceArgument(c, 1, append(roles(), "operator")...)
	return c
}

func writeMade(w io.Writer, made []apiclient.Grant) {
	for _, g := range made {
		_, _ = fmt.Fprintf(w, "%s is %s in %s%s\n", subjectText(g.Subject), g.Role, where(g), until(g))
	}
}

func until(g apiclient.Grant) string {
	if g.ExpiresAt == nil {
		return ""
	}
	return " until " + output.Stamp(*g.ExpiresAt)
}

func listGrants(e *command.Env) *cobra.Command {
	var tenant, platform bool
	var stage, of string
	c := &cobra.Command{
		Use: "list", Short: "List who has which role in the project, and by what", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    subjectHelp + "\nRoles in the whole tenant hold in every project, and those in a project in its stages: they are listed, too.",
		Example: "  terrace access list --project shop\n  terrace access list --project shop --stage prod\n  terrace access list --tenant --of group:team-shop\n  terrace access list --platform",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		wide := tenant || platform
		if err := notBoth(c, platform, "platform"); err != nil {
			return err
		}
		return e.InScope(&wide, func(ctx context.Context, s command.Server, project string, _ []string) error {
			q := apiclient.ListGrantsParams{Project: project, Stage: stage, Platform: platform}
			if of != "" {
				who, err := subject(of)
				if err != nil {
					return err
				}
				q.Kind, q.Subject = who.Kind, who.Name
			}
			grants, err := s.Grants(ctx, q)
			return command.PrintFound(e, grants, err, []string{"SUBJECT", "ROLE", "IN", "UNTIL", "BY", "GRANT"}, func(g apiclient.Grant) []string {
				end := "-"
				if g.ExpiresAt != nil {
					end = output.Stamp(*g.ExpiresAt)
				}
				by := g.CreatedBy
				if g.Source != "" {
					by = "rules of " + g.Source
				}
				return []string{subjectText(g.Subject), string(g.Role), where(g), end, by, g.ID}
			})
		})(c, args)
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "all of the tenant, not those of the project")
	c.Flags().BoolVar(&platform, "platform", false, "those on the platform, for its operators")
	e.StageFlag(c, &stage, "stage", "only those that hold in this stage", false)
	c.MarkFlagsMutuallyExclusive("tenant", "platform")
	c.MarkFlagsMutuallyExclusive("stage", "platform")
	c.Flags().StringVar(&of, "of", "", "only those of this subject")
	_ = c.RegisterFlagCompletionFunc("of", e.Users()) // the flag was made above
	return c
}

func revokeRole(e *command.Env) *cobra.Command {
	var n node
	var reason string
	c := &cobra.Command{
		Use: "revoke SUBJECT [ROLE]", Short: "Take a role away from whose it is, or by the id of the grant alone",
		Long:    subjectHelp + "\nThe role is taken where it was given: that of the whole tenant with --tenant. It holds no longer from the next request on.",
		Example: "  terrace access revoke ada approver --project shop\n  terrace access revoke grt_… --reason \"left the team\"",
		Args:    cobra.RangeArgs(1, 2),
	}
	byName := n.in(e, func(ctx context.Context, s command.Server, project string, args []string) error {
		ids, err := n.find(ctx, s, project, args[0], args[1])
		if err != nil {
			return err
		}
		return revoke(ctx, e, s, ids, reason)
	})
	byID := e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
		return revoke(ctx, e, s, args, reason)
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 2 {
			return byName(c, args)
		}
		if !strings.HasPrefix(args[0], "grt_") {
			return exit.Wrong("%q is not the id of a grant", args[0]).WithFix("name the role, too, or an id of terrace access list")
		}
		return byID(c, args)
	}
	n.flags(e, c)
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	command.ChoiceArgument(c, 1, append(roles(), "operator")...)
	return c
}

func revoke(ctx context.Context, e *command.Env, s command.Server, ids []string, reason string) error {
	var gone []apiclient.Grant
	for _, id := range ids {
		g, err := s.DeleteGrant(ctx, id, reason)
		if err != nil {
			return err
		}
		gone = append(gone, g)
	}
	return e.Print(gone, func(w io.Writer) {
		for _, g := range gone {
			_, _ = fmt.Fprintf(w, "%s is no longer %s in %s\n", subjectText(g.Subject), g.Role, where(g))
		}
	})
}
