// Package repos has the commands terrace repo …: repositories that Terrace hosts,
// those that are connected, and what of them holds which workload.
//
// It owns their flags and tables. What may be done is the server's to say.
package repos

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace repo.
func Command(e *command.Env) *cobra.Command {
	return command.Group("repo", "Host repositories, connect others, and bind workloads to them",
		create(e), connect(e), list(e), show(e), protect(e), renew(e), remove(e), bind(e), unbind(e), identify(e), identities(e), unidentify(e), webhooks(e))
}

func create(e *command.Env) *cobra.Command {
	var in apiclient.CreateRepositoryRequest
	var p apiclient.VcsProtection
	var quota int64
	c := &cobra.Command{
		Use: "create NAME", Short: "Make a repository that Terrace hosts", Args: cobra.ExactArgs(1),
		Long:    "git is its client: sign in with your user name, and with a token or your password.",
		Example: "  terrace repo create orders\n  terrace repo create platform --push nobody --merge approver --checks",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Name, in.Protection, in.Quota = args[0], &p, quota<<20
			r, err := s.CreateRepository(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is there. Clone it with: git clone %s\n", r.Name, r.CloneURL)
			})
		}),
	}
	c.Flags().StringVar(&in.Branch, "branch", "main", "the default branch")
	command.Number(c, &quota, "quota", 1024, "how large it may be, in MiB", 1, 0)
	protection(c, &p)
	return c
}

// protection adds the flags of who may change the default branch.
func protection(c *cobra.Command, p *apiclient.VcsProtection) {
	command.Choice(c, &p.Push, "push", "", "the role that may push to the default branch", "developer", "approver", "admin", "nobody")
	command.Choice(c, &p.Merge, "merge", "", "the role that may merge into it", "developer", "approver", "admin")
	command.Choice(c, &p.Rewrite, "rewrite", "", "the role that may push to it what leaves out commits (git push --force), nobody unless given", "developer", "approver", "admin")
	c.Flags().BoolVar(&p.Checks, "checks", false, "a pull request is merged only when all of its plans succeeded")
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the repositories of the project", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace repo list",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Repositories(ctx, project)
			return command.PrintFound(e, all, err, []string{"NAME", "PROVIDER", "BRANCH", "CLONE", "AGE"}, func(r apiclient.Repository) []string {
				return []string{r.Name, string(r.Provider), r.DefaultBranch, r.CloneURL, output.Age(e.Clock.Now(), r.CreatedAt)}
			})
		}),
	}
}

func protect(e *command.Env) *cobra.Command {
	var p apiclient.VcsProtection
	c := &cobra.Command{
		Use: "protect NAME", Short: "Say who may change the default branch of a hosted repository", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo protect orders --push nobody --merge developer --checks",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.ProtectRepository(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s of %s: pushed to by %s, merged into by %s%s, rewritten by %s\n", r.DefaultBranch, r.Name, orDeveloper(r.Protection.Push), orDeveloper(r.Protection.Merge), onChecks(r.Protection), cmp.Or(r.Protection.Rewrite, "nobody"))
			})
		}),
	}
	protection(c, &p)
	return c
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "delete NAME", Short: "Delete a hosted repository with all it holds, or forget a connected one", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo delete orders",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := e.Confirm(yes, "Delete the repository "+args[0]+"?"); err != nil {
				return err
			}
			if err := s.DeleteRepository(ctx, project, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]any{"repository": args[0], "deleted": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is deleted\n", args[0]) })
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func webhooks(e *command.Env) *cobra.Command {
	var limit int64
	c := &cobra.Command{
		Use: "webhooks NAME", Short: "List the webhooks that came for a repository, the newest first", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo webhooks orders\n  terrace repo webhooks orders --limit 200",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			all, err := s.Webhooks(ctx, project, args[0], limit)
			return command.PrintFound(e, all, err, []string{"DELIVERY", "EVENT", "AGE", "PROBLEM"}, func(d apiclient.VcsDelivery) []string {
				return []string{d.Key, cmp.Or(string(d.Event.Kind), "ignored"), output.Age(e.Clock.Now(), d.ReceivedAt), d.Problem}
			})
		}),
	}
	command.Limit(c, &limit)
	return c
}
