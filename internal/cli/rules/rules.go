// Package rules has the commands terrace rule …: what is done when events
// happen, and what has been.
//
// It owns their flags and tables. What a rule means is the server's.
package rules

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// maxRule bounds what is sent, in bytes.
const maxRule = 64 << 10

// group is what the commands share.
type group struct {
	*command.Env

	tenant bool
}

// Command returns terrace rule.
func Command(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	c := command.Group("rule", "Plan, check for drift, promote or notify when events happen", apply(g), list(g), show(g), history(g), remove(g))
	c.PersistentFlags().BoolVar(&g.tenant, "tenant", false, "the tenant's rules, for every project's events, not the project's")
	return c
}

// scope returns the server and the project, "" for the tenant.
func (g *group) scope(ctx context.Context) (command.Server, string, error) {
	if g.tenant {
		s, err := g.Server()
		return s, "", err
	}
	return g.Project(ctx)
}

// about makes a command about one rule.
func (g *group) about(use, short, example string, run func(ctx context.Context, s command.Server, project, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: "  " + example, Args: cobra.ExactArgs(1), ValidArgsFunction: g.Rules(),
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := g.scope(c.Context())
			if err != nil {
				return err
			}
			return run(c.Context(), s, project, args[0])
		},
	}
}

func apply(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "apply FILE...", Short: "Make rules be as files say", Args: cobra.MinimumNArgs(1),
		Long:    "A rule acts for who applied it last, on events from now on. - reads the input.",
		Example: "  terrace rule apply rules/try-in-test.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := g.scope(c.Context())
			if err != nil {
				return err
			}
			all := make([]apiclient.AutomationRule, 0, len(args))
			for _, path := range args {
				source, err := g.read(path)
				if err != nil {
					return err
				}
				r, err := s.ApplyRule(c.Context(), project, apiclient.ApplyRuleRequest{File: path, Source: source})
				if err != nil {
					return err
				}
				all = append(all, r)
			}
			return g.Print(all, func(w io.Writer) {
				for _, r := range all {
					_, _ = fmt.Fprintf(w, "rule %s will %s; see terrace rule history %s\n", r.Name, r.Do.Kind, r.Name)
				}
			})
		},
	}
}

func (g *group) read(path string) (string, error) {
	in := g.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("the rule cannot be read: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxRule+1))
	if err != nil {
		return "", fmt.Errorf("the rule cannot be read: %w", err)
	}
	if len(b) > maxRule {
		return "", fmt.Errorf("%s has more than %d bytes", path, maxRule)
	}
	return string(b), nil
}

func list(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List rules", Args: cobra.NoArgs, Example: "  terrace rule list\n  terrace rule list --tenant",
		RunE: func(c *cobra.Command, _ []string) error {
			s, project, err := g.scope(c.Context())
			if err != nil {
				return err
			}
			all, err := s.Rules(c.Context(), project)
			if err != nil {
				return err
			}
			return g.Print(all, func(w io.Writer) {
				rows := make([][]string, 0, len(all))
				for _, r := range all {
					rows = append(rows, []string{r.Name, string(r.Do.Kind), r.When, r.Author.Name, output.Age(g.Clock.Now(), r.AppliedAt)})
				}
				output.Rows(w, []string{"NAME", "DOES", "WHEN", "FOR", "AGE"}, rows)
			})
		},
	}
}

func show(g *group) *cobra.Command {
	return g.about("show NAME", "Show a rule as it was applied", "terrace rule show try-in-test",
		func(ctx context.Context, s command.Server, project, name string) error {
			r, err := s.Rule(ctx, project, name)
			if err != nil {
				return err
			}
			return g.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "# applied by %s %s ago; at most %d an hour\n%s", r.Author.Name, output.Age(g.Clock.Now(), r.AppliedAt), r.PerHour, r.Source)
			})
		})
}

func history(g *group) *cobra.Command {
	var outcome string
	var limit int64
	c := g.about("history NAME", "List what a rule was for and what became of it, the newest first", "terrace rule history try-in-test --outcome refused",
		func(ctx context.Context, s command.Server, project, name string) error {
			all, err := s.RuleHistory(ctx, project, name, apiclient.AutomationOutcome(outcome), limit)
			if err != nil {
				return err
			}
			return g.Print(all, func(w io.Writer) {
				rows := make([][]string, 0, len(all))
				for _, f := range all {
					told := f.Result
					if f.Why != "" {
						told = f.Why
					}
					rows = append(rows, []string{f.Event, f.Type, f.Subject, string(f.Outcome), output.Age(g.Clock.Now(), f.At), told})
				}
				output.Rows(w, []string{"EVENT", "TYPE", "SUBJECT", "OUTCOME", "AGE", "RESULT"}, rows)
			})
		})
	c.Flags().StringVar(&outcome, "outcome", "", "only those that are waiting, working, done, skipped, limited, looped, refused, failed or interrupted")
	c.Flags().Int64Var(&limit, "limit", 50, "how many, at most 200")
	_ = c.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions([]string{"waiting", "working", "done", "skipped", "limited", "looped", "refused", "failed", "interrupted"}, cobra.ShellCompDirectiveNoFileComp)) // the flag was made above
	return c
}

func remove(g *group) *cobra.Command {
	var yes bool
	c := g.about("delete NAME", "Delete a rule with its history", "terrace rule delete try-in-test",
		func(ctx context.Context, s command.Server, project, name string) error {
			if err := g.Confirm(yes, "Delete the rule "+name+"?"); err != nil {
				return err
			}
			if err := s.DeleteRule(ctx, project, name); err != nil {
				return err
			}
			return g.Print(map[string]any{"rule": name, "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is deleted\n", name) })
		})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
