// Package pulls has the commands terrace pr …: pull requests of repositories.
//
// It owns their flags and how they are shown. Those of connected repositories
// are opened, merged and closed at their provider.
package pulls

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace pr.
func Command(e *command.Env) *cobra.Command {
	p := &pulls{e: e}
	group := command.Group("pr", "Open pull requests, see their plans, merge them",
		p.create(), p.list(), p.show(), p.merge(), p.close(), p.approve(), p.plan(), p.apply(), p.comment())
	for _, c := range group.Commands() {
		c.Flags().StringVarP(&p.repository, "repo", "r", "", "the repository; the only one of the project by default")
		_ = c.RegisterFlagCompletionFunc("repo", e.RepositoryFlag()) // the flag was made above
	}
	return group
}

type pulls struct {
	e          *command.Env
	repository string
}

// at returns the server, the project and the repository.
func (p *pulls) at(ctx context.Context) (s command.Server, project, repository string, err error) {
	s, project, err = p.e.Project(ctx)
	if err != nil || p.repository != "" {
		return s, project, p.repository, err
	}
	all, err := s.Repositories(ctx, project)
	if err != nil {
		return s, project, "", err
	}
	if len(all) != 1 {
		return s, project, "", exit.Wrong("%s has %d repositories and none is named", project, len(all)).WithFix("name one with --repo")
	}
	return s, project, all[0].Name, nil
}

// one makes a command about one pull request.
func (p *pulls) one(use, short, example string, run func(ctx context.Context, s command.Server, project, repository string, number int) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			if err != nil || number < 1 {
				return exit.Wrong("%q is not the number of a pull request", args[0])
			}
			s, project, repository, err := p.at(c.Context())
			if err != nil {
				return err
			}
			return run(c.Context(), s, project, repository, number)
		},
	}
}

func (p *pulls) create() *cobra.Command {
	var in apiclient.CreatePullRequestRequest
	c := &cobra.Command{
		Use: "create --from BRANCH --title TITLE", Short: "Ask for a branch of a hosted repository to be merged", Args: cobra.NoArgs,
		Example: "  terrace pr create --repo orders --from price-list --title \"New price list\"",
		RunE: func(c *cobra.Command, _ []string) error {
			s, project, repository, err := p.at(c.Context())
			if err != nil {
				return err
			}
			pr, err := s.CreatePullRequest(c.Context(), project, repository, in)
			if err != nil {
				return err
			}
			return p.e.Print(pr, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "Pull request %d is open. See its plans with: terrace pr show %d --repo %s\n", pr.Number, pr.Number, repository)
			})
		},
	}
	c.Flags().StringVar(&in.Source, "from", "", "the branch with the change")
	c.Flags().StringVar(&in.Target, "into", "", "the branch to merge into; the default branch by default")
	c.Flags().StringVar(&in.Title, "title", "", "what it is about, on one line")
	c.Flags().StringVar(&in.Description, "description", "", "more about it")
	_ = c.MarkFlagRequired("from")  // the flag was made above
	_ = c.MarkFlagRequired("title") // the flag was made above
	return c
}

func (p *pulls) list() *cobra.Command {
	var state string
	c := &cobra.Command{
		Use: "list", Short: "List pull requests, the newest first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace pr list --repo orders\n  terrace pr list --repo orders --state merged",
		RunE: func(c *cobra.Command, _ []string) error {
			s, project, repository, err := p.at(c.Context())
			if err != nil {
				return err
			}
			filter := apiclient.VcsPullState(state)
			if state == "all" {
				filter = ""
			}
			all, err := s.PullRequests(c.Context(), project, repository, filter)
			return command.PrintFound(p.e, all, err, []string{"NUMBER", "TITLE", "BRANCH", "STATE", "AUTHOR", "AGE", "WAITS FOR"}, func(pr apiclient.VcsListedPull) []string {
				return []string{
					strconv.FormatInt(int64(pr.Number), 10), pr.Title, pr.Source + " → " + pr.Target, string(pr.State), pr.Author,
					output.Age(p.e.Clock.Now(), pr.UpdatedAt), strings.Join(pr.WaitsFor, "; "),
				}
			})
		},
	}
	command.Choice(c, &state, "state", "open", "only those that are so", "open", "merged", "closed", "all")
	return c
}

func (p *pulls) merge() *cobra.Command {
	var head string
	c := p.one("merge NUMBER", "Merge a pull request of a hosted repository", "  terrace pr merge 3 --repo orders",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			pr, err := s.MergePullRequest(ctx, project, repository, number, head)
			return p.said(pr, err, "merged into "+pr.Target+" as "+short(pr.MergeCommit))
		})
	c.Flags().StringVar(&head, "head", "", "the commit that you looked at; a newer one is not merged")
	return c
}

func (p *pulls) close() *cobra.Command {
	return p.one("close NUMBER", "Close a pull request of a hosted repository without merging it", "  terrace pr close 3 --repo orders",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			pr, err := s.ClosePullRequest(ctx, project, repository, number)
			return p.said(pr, err, "closed")
		})
}

func (p *pulls) approve() *cobra.Command {
	var commit string
	c := p.one("approve NUMBER --commit COMMIT", "Let a pull request from a fork be planned at a commit: a plan runs its code", "  terrace pr approve 3 --repo orders --commit 1a2b3c4d5e6f",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			pr, err := s.ApprovePullRequest(ctx, project, repository, number, commit)
			return p.said(pr, err, "planned at "+short(pr.Head))
		})
	c.Flags().StringVar(&commit, "commit", "", "the commit that you looked at")
	_ = c.MarkFlagRequired("commit") // the flag was made above
	return c
}

func (p *pulls) plan() *cobra.Command {
	return p.one("plan NUMBER", "Plan a pull request again", "  terrace pr plan 3 --repo orders",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			pr, err := s.PlanPullRequest(ctx, project, repository, number)
			return p.said(pr, err, "planned again at "+short(pr.Head))
		})
}

func (p *pulls) apply() *cobra.Command {
	return p.one("apply NUMBER", "Apply a pull request before its merge, or again after a merge whose apply failed", "  terrace pr apply 3 --repo orders",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			pr, err := s.ApplyPullRequest(ctx, project, repository, number)
			return p.said(pr, err, "applied; see it with: terrace pr show "+strconv.Itoa(number)+" --repo "+repository)
		})
}

func (p *pulls) comment() *cobra.Command {
	var text string
	c := p.one("comment NUMBER --text TEXT", "Comment on a pull request of a hosted repository", "  terrace pr comment 3 --repo orders --text \"Looks good\"",
		func(ctx context.Context, s command.Server, project, repository string, number int) error {
			n, err := s.CommentPullRequest(ctx, project, repository, number, text)
			if err != nil {
				return err
			}
			return p.e.Print(n, func(w io.Writer) { _, _ = fmt.Fprintln(w, "The comment is there.") })
		})
	c.Flags().StringVar(&text, "text", "", "the comment")
	_ = c.MarkFlagRequired("text") // the flag was made above
	return c
}

func (p *pulls) said(pr apiclient.VcsPullRequest, err error, what string) error {
	if err != nil {
		return err
	}
	return p.e.Print(pr, func(w io.Writer) { _, _ = fmt.Fprintf(w, "Pull request %d is %s\n", pr.Number, what) })
}

func short(commit string) string { return commit[:min(12, len(commit))] }
