// Package configs has the commands terrace config …: the dynamic configuration and the
// feature flags of a project.
//
// It owns their flags and tables, and validation of a folder without a server. What
// counts is the server's, and changes by commits.
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

// Command returns terrace config.
func Command(e *command.Env) *cobra.Command {
	return command.Group("config", "Dynamic configuration and feature flags, as data in Git",
		connect(e), status(e), list(e), get(e), explain(e), history(e), diff(e), rollback(e), flags(e), evaluate(e), validate(e), tokens(e), disconnect(e))
}

func connect(e *command.Env) *cobra.Command {
	var in apiclient.ConnectConfigRequest
	c := &cobra.Command{
		Use: "connect", Short: "Say which folder of a repository is the project's configuration", Args: cobra.NoArgs,
		Long: "The folder has schema.yaml with the keys, and the layers: default.yaml, stages/STAGE.yaml, tenants/TENANT.yaml,\n" +
			"workloads/WORKLOAD.yaml and workloads/WORKLOAD.STAGE.yaml; a later one overrides those before.\n" +
			"What is pushed to the branch counts as soon as it is valid.",
		Example: "  terrace config connect --repo platform\n  terrace config connect --repo shop/conf --branch main --path config/shop",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			if where, repository, found := strings.Cut(in.Repository, "/"); found {
				in.RepositoryProject, in.Repository = where, repository
			}
			n, err := s.ConnectConfig(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s of %s/%s is the configuration of %s now. See how it stands with: terrace config status\n", n.Path, n.RepositoryProject, n.Repository, n.Project)
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&in.Repository, "repo", "", "the repository, as NAME in the current project or PROJECT/NAME")
	f.StringVar(&in.Branch, "branch", "main", "the branch")
	f.StringVar(&in.Path, "path", "", "the folder; config/PROJECT by default")
	_ = c.RegisterFlagCompletionFunc("repo", e.RepositoryFlag()) // the flag was made above
	_ = c.MarkFlagRequired("repo")
	return c
}

func disconnect(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "disconnect", Short: "Forget where the configuration is; the repository keeps it", Args: cobra.NoArgs,
		Long:    "Workloads get no configuration from then on, and the history of revisions is forgotten.",
		Example: "  terrace config disconnect --yes",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			if err := e.Confirm(yes, "Let the workloads of "+project+" have no configuration any longer?"); err != nil {
				return err
			}
			return s.DisconnectConfig(ctx, project)
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func status(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show where the configuration is, and how it stands", Args: cobra.NoArgs,
		Example: "  terrace config status",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			n, err := s.ConfigSource(ctx, project)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				output.Pairs(w, "repository", n.RepositoryProject+"/"+n.Repository, "branch", n.Branch, "folder", n.Path,
					"state", string(n.Status.Phase), "commit", short(n.Status.Commit), "revision", n.Status.Effective, "message", n.Status.Message)
				for _, p := range n.Status.Problems {
					_, _ = fmt.Fprintln(w, p)
				}
				if len(n.Status.Unavailable) == 0 {
					return
				}
				_, _ = fmt.Fprintln(w, "\nNot delivered:")
				output.List(w, n.Status.Unavailable, []string{"KEY", "WORKLOAD", "STAGE", "WHY", "FIX"}, func(g apiclient.ConfigGap) []string {
					return []string{g.Key, g.Workload, g.Stage, g.Message, g.Fix}
				})
			})
		}),
	}
}

func short(commit string) string { return commit[:min(12, len(commit))] }

// target are the flags that name a workload at a stage.
type target struct{ workload, stage string }

func (t *target) flags(e *command.Env, c *cobra.Command) {
	c.Flags().StringVarP(&t.workload, "workload", "w", "", "the workload; one without a layer of its own by default")
	_ = c.RegisterFlagCompletionFunc("workload", command.ForFlag(e.Workloads())) // the flag was made above
	e.StageFlag(c, &t.stage, "stage", "the stage", true)
}

func tokens(e *command.Env) *cobra.Command {
	return command.Group("token", "Tokens with which workloads read their configuration", createToken(e), listTokens(e), revokeToken(e))
}

func createToken(e *command.Env) *cobra.Command {
	var in apiclient.CreateConfigTokenRequest
	var opens apiclient.ConfigTokenScope
	c := &cobra.Command{
		Use: "create WORKLOAD", Short: "Make a token for a workload at a stage; it is shown once", Args: cobra.ExactArgs(1),
		Long: "With it the workload reads its configuration at /api/v1/config/effective, watches it at /api/v1/config/watch,\n" +
			"and evaluates flags at /ofrep/v1 with any OpenFeature provider for OFREP. It opens nothing else.\n" +
			"With --scope flags it evaluates flags alone and opens no value, no secret among them: for pages in browsers, and\n" +
			"programs that need no more.",
		Example: "  terrace config token create orders --stage dev\n  terrace config token create orders --stage prod --scope flags --days 90", ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Workload, in.Scope = args[0], &opens
			t, err := s.CreateConfigToken(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { _, _ = fmt.Fprintln(w, t.Token) })
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	command.Choice(c, &opens, "scope", apiclient.ConfigTokenScopeAll, "what it opens", apiclient.ConfigTokenScopeAll, apiclient.ConfigTokenScopeFlags)
	command.Number(c, &in.Days, "days", 0, "after how many days it ends; 0 is never", 0, 3650)
	return c
}

func listTokens(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens of workloads", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace config token list",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.ConfigTokens(ctx, project)
			return command.PrintFound(e, all, err, []string{"ID", "WORKLOAD", "STAGE", "OPENS", "BY", "AGE", "LAST USED", "ENDS"}, func(t apiclient.ConfigToken) []string {
				used, ends := "never", "never"
				if t.LastUsedAt != nil {
					used = output.Stamp(*t.LastUsedAt)
				}
				if t.ExpiresAt != nil {
					ends = output.Stamp(*t.ExpiresAt)
				}
				return []string{t.ID, t.Workload, t.Stage, string(t.Scope), t.CreatedBy, output.Age(e.Clock.Now(), t.CreatedAt), used, ends}
			})
		}),
	}
}

func revokeToken(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a token of a workload, and the streams that it watches", Args: cobra.ExactArgs(1),
		Example: "  terrace config token revoke cfgt_01j8x2q5m8f3k9r7t6v4w2y1z0",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			return s.RevokeConfigToken(ctx, project, args[0])
		}),
	}
}
