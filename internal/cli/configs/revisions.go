package configs

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

func history(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "history [KEY]", Short: "List the revisions, the newest first, or those that changed a key", Args: cobra.MaximumNArgs(1),
		Example: "  terrace config history\n  terrace config history checkout.timeout\n  terrace config history flag:new-checkout",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			all, err := s.ConfigRevisions(ctx, project, command.First(args))
			return command.PrintFound(e, all, err, []string{"REVISION", "COMMIT", "VALID", "BY", "AUTHOR IN GIT", "AGE", "CHANGED", "SUBJECT"}, func(r apiclient.ConfigRevision) []string {
				valid := "yes"
				if !r.Valid {
					valid = "no: " + output.Count(len(r.Problems), "problem")
				}
				return []string{r.ID, short(r.Commit), valid, known(r.PushedBy), r.Author, output.Age(e.Clock.Now(), r.At), some(r.Changed), r.Subject}
			})
		}),
	}
}

// some are the first three names.
func some(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
}

func diff(e *command.Env) *cobra.Command {
	var p apiclient.DiffConfigParams
	c := &cobra.Command{
		Use: "diff", Short: "Show what differs between two revisions, or two stages", Args: cobra.NoArgs,
		Long: "Without --from, --to and --to-stage it is what counts now, and what counted before it.",
		Example: "  terrace config diff\n  terrace config diff --from 3f2a9c1\n  terrace config diff --from 3f2a9c1 --to 9b1c2d3 --workload orders --stage prod\n" +
			"  terrace config diff --stage test --to-stage prod --workload orders",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			d, err := s.DiffConfig(ctx, project, p)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) {
				if len(d.Changes) == 0 {
					_, _ = fmt.Fprintln(w, "nothing differs")
					return
				}
				output.List(w, d.Changes, []string{"KEY", "BEFORE", "AFTER", "FOR"}, func(c apiclient.ConfigfileChange) []string {
					return []string{c.Key, shown(c.Before), shown(c.After), some(c.Targets)}
				})
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&p.From, "from", "", "a revision; what counts now by default, and alone what counted before")
	f.StringVar(&p.To, "to", "", "a revision; what counts now by default")
	f.StringVarP(&p.Workload, "workload", "w", "", "only for this workload")
	_ = c.RegisterFlagCompletionFunc("workload", command.ForFlag(e.Workloads())) // the flag was made above
	e.StageFlag(c, &p.Stage, "stage", "only at this stage", false)
	e.StageFlag(c, &p.ToStage, "to-stage", "compare with this stage", false)
	return c
}

func rollback(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "rollback REVISION", Short: "Have the repository say again what it said at a revision", Args: cobra.ExactArgs(1),
		Long: "It makes a commit on the branch, by your name; where the branch is protected, a pull request.\n" +
			"Git stays the truth: the commit counts as every other one does.",
		Example: "  terrace config rollback 3f2a9c1 --reason 'checkouts time out'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.RollBackConfig(ctx, project, apiclient.RollBackConfigRequest{Revision: args[0], Reason: reason})
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				if r.Pull > 0 {
					_, _ = fmt.Fprintf(w, "The branch is protected. The pull request %d has the commit %s.\n", r.Pull, short(r.Commit))
					return
				}
				_, _ = fmt.Fprintf(w, "%s is at %s. See that it counts with: terrace config status\n", r.Branch, short(r.Commit))
			})
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the commit and the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}
