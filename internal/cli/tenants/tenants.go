// Package tenants has the commands terrace tenant …, for who runs the platform.
//
// It owns their flags and tables. What a tenant is, and who may change it, the server
// decides.
package tenants

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

// Command returns terrace tenant.
func Command(e *command.Env) *cobra.Command {
	return command.Group("tenant", "Create tenants, see them, close and open them, and end them", create(e), list(e), show(e), rename(e), suspend(e), resume(e), export(e), recipients(e), offboard(e), stay(e), archive(e))
}

func create(e *command.Env) *cobra.Command {
	var in apiclient.CreateTenantRequest
	c := &cobra.Command{
		Use: "create NAME", Short: "Create a tenant with its first admin", Args: cobra.ExactArgs(1),
		Long: "A tenant has people, projects, definitions and keys of its own. Its first admin gets a password, which is told\n" +
			"once, and chooses another at the first terrace login ADDRESS --tenant NAME. Who runs the platform sees nothing inside a tenant.",
		Example: "  terrace tenant create acme --display \"Acme Inc.\"\n  terrace tenant create acme --admin ada --project shop --costcenter 4711 --owner team-shop",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name = args[0]
			made, err := s.CreateTenant(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(made, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "tenant %s is created\nits admin is %s, with the password %s (told this once)\n", made.Name, made.Admin, made.Password)
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&in.Display, "display", "", "how people call it")
	f.StringVar(&in.Admin, "admin", "", "the name of its first admin (admin)")
	f.StringVar(&in.Project, "project", "", "its first project, with --costcenter and --owner; none is made unless given")
	f.StringVar(&in.CostCenter, "costcenter", "", "who pays for the project")
	f.StringVar(&in.Owner, "owner", "", "the team that answers for the project")
	c.MarkFlagsRequiredTogether("project", "costcenter", "owner")
	return c
}

func list(e *command.Env) *cobra.Command {
	var state string
	c := &cobra.Command{
		Use: "list", Short: "List the tenants", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace tenant list\n  terrace tenant list --state suspended -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			var states []apiclient.TenantState
			if state != "" {
				states = append(states, apiclient.TenantState(state))
			}
			all, err := s.Tenants(ctx, states...)
			return command.PrintFound(e, all, err, []string{"TENANT", "DISPLAY", "STATE", "REASON", "AGE"}, func(t apiclient.Tenant) []string {
				return []string{t.Name, t.Display, string(t.State), t.Reason, output.Age(e.Clock.Now(), t.CreatedAt)}
			})
		}),
	}
	command.Choice(c, &state, "state", "", "only those that stand so", "active", "suspended", "leaving", "gone")
	return c
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a tenant", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long:              "Everybody sees their own tenant.",
		Example:           "  terrace tenant show acme",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			t, err := s.Tenant(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { tell(w, t) })
		}),
	}
}

func tell(w io.Writer, t apiclient.Tenant) {
	_, _ = fmt.Fprintf(w, "tenant %s is %s", t.Name, t.State)
	if t.Reason != "" {
		_, _ = fmt.Fprintf(w, ": %s", t.Reason)
	}
	_, _ = fmt.Fprintln(w)
	if t.Display != "" {
		_, _ = fmt.Fprintf(w, "  called %s\n", t.Display)
	}
	if t.Since != nil && t.By != "" {
		_, _ = fmt.Fprintf(w, "  since %s, by %s\n", output.Stamp(*t.Since), t.By)
	}
	if t.Recipients != nil {
		_, _ = fmt.Fprintf(w, "  its archive is for %s (named by %s, %s)\n", strings.Join(t.Recipients.Keys, ", "), t.Recipients.SetBy, output.Stamp(t.Recipients.SetAt))
		if len(t.Recipients.Without) > 0 {
			_, _ = fmt.Fprintf(w, "  without %s\n", strings.Join(t.Recipients.Without, ", "))
		}
	}
	if t.Departure != nil {
		tellDeparture(w, *t.Departure)
	}
}

func rename(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "rename NAME DISPLAY", Short: "Set how people call a tenant; its name stays", Args: cobra.ExactArgs(2),
		ValidArgsFunction: e.Tenants(),
		Example:           "  terrace tenant rename acme \"Acme International\"",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			t, err := s.RenameTenant(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { _, _ = fmt.Fprintf(w, "tenant %s is called %s\n", t.Name, t.Display) })
		}),
	}
}

func suspend(e *command.Env) *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use: "suspend NAME", Short: "Close a tenant: nobody signs in, and its runs wait", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long: "Sessions and tokens are refused at once, here, and within half a second by other replicas. Runs that have begun go\n" +
			"on to their end; those in the queue wait. What is deployed goes on. The reason is told to those who are kept out.",
		Example: "  terrace tenant suspend acme --reason 'unpaid since March'",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Keep everybody out of the tenant "+args[0]+"?"); err != nil {
				return err
			}
			t, err := s.SuspendTenant(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { tell(w, t) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log, and told to those who are kept out")
	_ = c.MarkFlagRequired("reason") // the flag is there
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func resume(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "resume NAME", Short: "Open a tenant that was suspended", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long:              "What waited in its queue goes on within a minute.",
		Example:           "  terrace tenant resume acme --reason 'paid'",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			t, err := s.ResumeTenant(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { tell(w, t) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag is there
	return c
}
