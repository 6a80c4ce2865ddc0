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
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
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
	c.Flags().Int64Var(&quota, "quota", 1024, "how large it may be, in MiB")
	protection(c, &p)
	return c
}

// protection adds the flags of who may change the default branch.
func protection(c *cobra.Command, p *apiclient.VcsProtection) {
	command.Choice(c, &p.Push, "push", "", "the role that may push to the default branch: developer, approver, admin or nobody", "developer", "approver", "admin", "nobody")
	command.Choice(c, &p.Merge, "merge", "", "the role that may merge into it: developer, approver or admin", "developer", "approver", "admin")
	c.Flags().BoolVar(&p.Checks, "checks", false, "a pull request is merged only when all of its plans succeeded")
}

func connect(e *command.Env) *cobra.Command {
	var in apiclient.ConnectRepositoryRequest
	c := &cobra.Command{
		Use: "connect github|azuredevops OWNER/REPOSITORY", Short: "Connect a repository on GitHub or Azure DevOps", Args: cobra.ExactArgs(2),
		Long: "The token is read from TERRACE_REPO_TOKEN, from the terminal or from the input; it is sealed and never\n" +
			"shown. It may read the code, and write commit statuses and comments. The answer has the address and the\n" +
			"secret for the provider's webhooks, this once. On Azure DevOps the owner is ORGANIZATION/PROJECT.",
		Example: "  terrace repo connect github acme/orders\n" +
			"  terrace repo connect azuredevops acme/shop/orders --name orders\n" +
			"  terrace repo connect github acme/orders --api https://github.example.com/api/v3",
		ValidArgs: providers(),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(providers(), args[0]) {
				return &exit.UsageError{Err: fmt.Errorf("a repository is connected on %s, not on %s", strings.Join(providers(), " or "), args[0]), Command: c.CommandPath()}
			}
			in.Provider = apiclient.VcsProvider(args[0])
			at := strings.LastIndex(args[1], "/")
			in.Owner, in.Repository = args[1][:max(at, 0)], args[1][at+1:]
			if in.Name == "" {
				in.Name = strings.ToLower(in.Repository)
			}
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			if in.Token, err = e.Secret("TERRACE_REPO_TOKEN", "Token"); err != nil {
				return err
			}
			r, err := s.ConnectRepository(c.Context(), project, in)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeConnected(w, r) })
		},
	}
	c.Flags().StringVar(&in.Name, "name", "", "what it is called here; its own name by default")
	c.Flags().StringVar(&in.API, "api", "", "the address of the provider's API; its public one by default")
	c.Flags().StringVar(&in.Branch, "branch", "", "the default branch; the provider's by default")
	c.Flags().StringVar(&in.Username, "username", "", "the name that goes with the token, where the provider wants one")
	return c
}

func providers() []string { return []string{"github", "azuredevops"} }

func writeConnected(w io.Writer, r apiclient.ConnectedRepository) {
	_, _ = fmt.Fprintf(w, "%s is connected, with %s as its default branch.\n", r.Repository.Name, r.Repository.DefaultBranch)
	if r.Secret == "" {
		return
	}
	events := "pushes, pull requests and issue comments, as application/json"
	where := "secret"
	if r.Repository.Provider == "azuredevops" {
		events, where = "Code pushed, Pull request created, updated, merge attempted, and commented on", "basic authentication password (any user name)"
	}
	_, _ = fmt.Fprintf(w, "Add a webhook for %s:\n  address  %s\n  %s  %s\nThe secret is not shown again; terrace repo renew %s makes another.\n",
		events, r.Repository.HookURL, where, r.Secret, r.Repository.Name)
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the repositories of the project", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace repo list",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.Repositories(ctx, project)
			if err != nil {
				return err
			}
			return command.PrintList(e, all, []string{"NAME", "PROVIDER", "BRANCH", "CLONE", "AGE"}, func(r apiclient.Repository) []string {
				return []string{r.Name, string(r.Provider), r.DefaultBranch, r.CloneURL, output.Age(e.Clock.Now(), r.CreatedAt)}
			})
		}),
	}
}

// details is a repository with its bindings.
type details struct {
	apiclient.Repository

	Bindings []apiclient.VcsBinding `json:"bindings"`
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a repository with its bindings", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo show orders",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			var d details
			var err error
			if d.Repository, err = s.Repository(ctx, project, args[0]); err != nil {
				return err
			}
			if d.Bindings, err = s.Bindings(ctx, project, args[0]); err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeDetails(w, d) })
		}),
	}
}

func writeDetails(w io.Writer, d details) {
	pairs := []string{"name", d.Name, "provider", string(d.Provider), "branch", d.DefaultBranch, "clone", d.CloneURL, "webhooks", d.HookURL}
	if d.HookURL == "" {
		pairs = append(pairs, "push", orDeveloper(d.Protection.Push), "merge", orDeveloper(d.Protection.Merge)+onChecks(d.Protection))
	}
	output.Pairs(w, pairs...)
	if len(d.Bindings) == 0 {
		_, _ = fmt.Fprintf(w, "\nNo workload is bound to it: terrace repo bind %s NAME --score PATH --plan STAGE\n", d.Name)
		return
	}
	_, _ = fmt.Fprintln(w)
	output.List(w, d.Bindings, []string{"BINDING", "SCORE", "PATHS", "PLAN ON", "APPLY", "TO"}, func(b apiclient.VcsBinding) []string {
		return []string{b.Name, b.Score, strings.Join(b.Paths, " "), strings.Join(b.Plan, " "), b.Apply, strings.Join(b.Stages, " ")}
	})
}

func onChecks(p apiclient.VcsProtection) string {
	if p.Checks {
		return ", when all plans succeeded"
	}
	return ""
}

func orDeveloper(role string) string { return cmp.Or(role, "developer") }

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
				_, _ = fmt.Fprintf(w, "%s of %s: pushed to by %s, merged into by %s%s\n", r.DefaultBranch, r.Name, orDeveloper(r.Protection.Push), orDeveloper(r.Protection.Merge), onChecks(r.Protection))
			})
		}),
	}
	protection(c, &p)
	return c
}

func renew(e *command.Env) *cobra.Command {
	var token bool
	c := &cobra.Command{
		Use: "renew NAME", Short: "Give a connected repository another webhook secret, or another token", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo renew orders\n  terrace repo renew orders --token-only < token.txt",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			secret := ""
			if token {
				var err error
				if secret, err = e.Secret("TERRACE_REPO_TOKEN", "Token"); err != nil {
					return err
				}
			}
			r, err := s.RenewRepository(ctx, project, args[0], secret)
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) { writeConnected(w, r) })
		}),
	}
	c.Flags().BoolVar(&token, "token-only", false, "replace the token, from TERRACE_REPO_TOKEN, the terminal or the input; the secret stays")
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
			if err != nil {
				return err
			}
			return command.PrintList(e, all, []string{"DELIVERY", "EVENT", "AGE", "PROBLEM"}, func(d apiclient.VcsDelivery) []string {
				return []string{d.Key, cmp.Or(string(d.Event.Kind), "ignored"), output.Age(e.Clock.Now(), d.ReceivedAt), d.Problem}
			})
		}),
	}
	c.Flags().Int64Var(&limit, "limit", 50, "how many, at most 200")
	return c
}
