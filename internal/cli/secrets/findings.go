package secrets

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func findings(e *command.Env) *cobra.Command {
	var p apiclient.ListLeaksParams
	c := &cobra.Command{
		Use: "findings", Short: "List leaked values that were found in repositories, plans and logs", Args: cobra.NoArgs,
		Long: "Without --project it is all that you may see of the tenant; without --state, all but what is not in its place any more.",
		Example: "  terrace secret findings\n  terrace secret findings --project shop --state open\n" +
			"  terrace secret findings --kind repository --output json",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			p.Project = s.Identity.Project
			all, err := s.Leaks(c.Context(), p)
			if err != nil {
				return err
			}
			if all.Next != "" {
				defer e.Say("there are more: --cursor %s", all.Next)
			}
			return command.PrintList(e, all.Items, []string{"ID", "STATE", "RULE", "WHERE", "VALUE", "SEEN"}, func(l apiclient.Leak) []string {
				return []string{l.ID, string(l.State), l.Rule, l.Where, shown(l), output.Age(e.Clock.Now(), l.LastSeen)}
			})
		},
	}
	command.Choice(c, &p.State, "state", "", "only in this state", apiclient.LeakStateOpen, apiclient.LeakStateAllowed, apiclient.LeakStateResolved)
	command.Choice(c, &p.Kind, "kind", "", "only in places of this kind", apiclient.LeakKindRepository, apiclient.LeakKindPlan, apiclient.LeakKindLog)
	c.Flags().StringVar(&p.Rule, "rule", "", "only by this rule, such as aws-access-token")
	c.Flags().BoolVar(&p.All, "all", false, "what is not in its place any more, too")
	c.Flags().StringVar(&p.Cursor, "cursor", "", "where the page before ended")
	command.Limit(c, &p.Limit)
	return c
}

// shown is what is told of the value: the secret that it is, or how it begins.
func shown(l apiclient.Leak) string {
	if l.Secret != "" {
		return l.Secret
	}
	return l.Redacted
}

func allow(e *command.Env) *cobra.Command {
	var in apiclient.AllowLeakRequest
	var until time.Time
	c := &cobra.Command{
		Use: "allow FINDING", Short: "Let a leaked value stay where it is, for a reason", Args: cobra.ExactArgs(1),
		Long: "This is for a value that was rotated, and is worth nothing any more, or that is no secret. With --until it is open again then.",
		Example: "  terrace secret allow leak_01jzq8v4m3 --reason \"rotated on Monday\"\n" +
			"  terrace secret allow leak_01jzq8v4m3 --reason \"of a test account\" --until 30d",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			if !until.IsZero() {
				in.Until = &until
			}
			l, err := s.AllowLeak(c.Context(), args[0], in)
			if err != nil {
				return err
			}
			return e.Print(l, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s in %s is allowed%s\n", l.Rule, l.Where, ending(until)) })
		},
	}
	command.Reason(c, &in.Reason)
	e.Coming(c, &until, "until", "until when")
	c.ValidArgsFunction = e.Findings()
	return c
}

func ending(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return " until " + until.Format("2006-01-02 15:04")
}

func resolve(e *command.Env) *cobra.Command {
	var in apiclient.ResolveLeakRequest
	c := &cobra.Command{
		Use: "resolve FINDING", Short: "Be done with a leaked value in a log, for a reason", Args: cobra.ExactArgs(1),
		Long: "What is in a log cannot be taken out of it: this says that the value is worth nothing any more, or is no longer said. When it is seen again, the finding is open again. " +
			"So is the one that says that there are more places in another project, once there are.",
		Example: "  terrace secret resolve leak_01jzq8v4m3 --reason \"rotated on Monday, and no longer logged\"",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			l, err := s.ResolveLeak(c.Context(), args[0], in)
			if err != nil {
				return err
			}
			return e.Print(l, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s in %s is resolved\n", l.Rule, l.Where) })
		},
	}
	command.Reason(c, &in.Reason)
	c.ValidArgsFunction = e.Findings()
	return c
}
