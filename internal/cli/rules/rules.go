// Package rules has the commands terrace rule …: what is done when events
// happen, and what has been.
//
// It owns their flags and tables. What a rule means is the server's.
package rules

import (
	"context"
	"fmt"
	"io"

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

// about makes a command about one rule.
func (g *group) about(use, short, example string, run func(ctx context.Context, s command.Server, project, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: "  " + example, Args: cobra.ExactArgs(1), ValidArgsFunction: g.Rules(),
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			return run(ctx, s, project, args[0])
		}),
	}
}

func apply(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "apply FILE...", Short: "Make rules be as files say", Args: cobra.MinimumNArgs(1),
		Long:    "A rule acts for who applied it last, on events from now on. - reads the input.",
		Example: "  terrace rule apply rules/try-in-test.yaml",
		RunE:    g.InScope(&g.tenant, g.apply),
	}
}

func (g *group) apply(ctx context.Context, s command.Server, project string, paths []string) error {
	all := make([]apiclient.AutomationRule, 0, len(paths))
	for _, path := range paths {
		source, err := g.read(path)
		if err != nil {
			return err
		}
		r, err := s.ApplyRule(ctx, project, apiclient.ApplyRuleRequest{File: path, Source: source})
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
}

func (g *group) read(path string) (string, error) {
	b, err := g.ReadSource(path, maxRule)
	return string(b), err
}

func list(g *group) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List rules", Args: cobra.NoArgs, Example: "  terrace rule list\n  terrace rule list --tenant",
		RunE: g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Rules(ctx, project)
			return command.PrintFound(g.Env, all, err, []string{"NAME", "DOES", "WHEN", "FOR", "AGE"}, func(r apiclient.AutomationRule) []string {
				return []string{r.Name, string(r.Do.Kind), r.When, r.Author.Name, output.Age(g.Clock.Now(), r.AppliedAt)}
			})
		}),
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
			return command.PrintFound(g.Env, all, err, []string{"EVENT", "TYPE", "SUBJECT", "OUTCOME", "AGE", "RESULT"}, func(f apiclient.AutomationFiring) []string {
				told := f.Result
				if f.Why != "" {
					told = f.Why
				}
				return []string{f.Event, f.Type, f.Subject, string(f.Outcome), output.Age(g.Clock.Now(), f.At), told}
			})
		})
	command.Choice(c, &outcome, "outcome", "", "only those that are so",
		"waiting", "working", "done", "skipped", "limited", "looped", "refused", "failed", "interrupted")
	command.Limit(c, &limit)
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
