package pulls

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

func (p *pulls) show() *cobra.Command {
	return p.one("show NUMBER", "Show a pull request with its plans and what is said of it", "  terrace pr show 3 --repo orders\n  terrace pr show 3 --repo orders -o json",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			d, err := s.PullRequest(ctx, project, repository, number)
			if err != nil {
				return err
			}
			return p.e.Print(d, func(w io.Writer) { p.write(w, repository, d) })
		})
}

func (p *pulls) write(w io.Writer, repository string, d apiclient.PullRequestDetail) {
	pr := d.PullRequest
	_, _ = fmt.Fprintf(w, "%d %s\n%s: %s → %s at %s, by %s, %s ago\n", pr.Number, pr.Title, pr.State, pr.Source, pr.Target, short(pr.Head), pr.Author, output.Age(p.e.Clock.Now(), pr.UpdatedAt))
	if pr.MergeCommit != "" {
		_, _ = fmt.Fprintf(w, "merged as %s\n", short(pr.MergeCommit))
	}
	if pr.State == "open" && pr.Fork && pr.Approved != pr.Head {
		_, _ = fmt.Fprintf(w, "it comes from a fork and waits for a member who has looked at it: terrace pr approve %d --repo %s --commit %s\n", pr.Number, repository, short(pr.Head))
	}
	if pr.Work.Answer != "" {
		_, _ = fmt.Fprintln(w, pr.Work.Answer)
	}
	if pr.Work.Problem != "" {
		_, _ = fmt.Fprintf(w, "it could not be worked on and is tried again: %s\n", pr.Work.Problem)
	}
	if pr.Description != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", pr.Description)
	}
	rows := [][]string{}
	for _, c := range d.Checks {
		if c.State == "superseded" {
			continue
		}
		message, _, _ := strings.Cut(c.Message, "\n")
		kind := string(c.Kind)
		if c.Kind == apiclient.VcsCheckKindReview {
			kind = c.Binding // whose review it is
		}
		rows = append(rows, []string{kind, c.Workload, c.Stage, short(c.Commit), string(c.State), changes(c.Plan), message, c.Run})
	}
	if len(rows) == 0 && pr.Work.Planned == pr.Head {
		_, _ = fmt.Fprintln(w, "no workload of this repository changes")
	}
	if len(rows) > 0 {
		_, _ = fmt.Fprintln(w)
		output.Rows(w, []string{"CHECK", "WORKLOAD", "STAGE", "COMMIT", "STATE", "CHANGES", "MESSAGE", "RUN"}, rows)
	}
	for _, n := range d.Comments {
		_, _ = fmt.Fprintf(w, "\n--- %s, %s ago\n%s\n", n.Author, output.Age(p.e.Clock.Now(), n.UpdatedAt), visible(n.Body))
	}
}

// changes sums up a plan, what destroys first.
func changes(p *apiclient.VcsPlanSummary) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("-%d ±%d ~%d +%d", p.Delete, p.Replace, p.Update, p.Create)
}

// visible leaves out the marker by which Terrace finds its comment again.
func visible(text string) string {
	if rest, found := strings.CutPrefix(text, "<!--"); found {
		_, after, _ := strings.Cut(rest, "-->\n")
		return after
	}
	return text
}
