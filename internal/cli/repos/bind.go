package repos

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func bind(e *command.Env) *cobra.Command {
	var in apiclient.BindRepositoryRequest
	var apply string
	c := &cobra.Command{
		Use: "bind REPOSITORY NAME", Short: "Say which part of a repository holds a workload, and what is done when it changes", Args: cobra.ExactArgs(2),
		Long: "A pull request that changes a file of the workload is planned on the stages of --plan. Its merge is applied\n" +
			"to those of --to. In the globs of --path, * is within a folder, ** over folders, ! in front excludes.",
		Example: "  terrace repo bind orders orders --score score.yaml --build --plan dev\n" +
			"  terrace repo bind mono orders --score services/orders/score.yaml --path 'services/orders/**' --path 'libs/**' --path '!**/*.md' --plan dev --plan test\n" +
			"  terrace repo bind mono edge --score edge/score.yaml --plan dev --apply before-merge",
		ValidArgsFunction: e.Repositories(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Apply = apiclient.BindRepositoryRequestApply(apply)
			b, err := s.Bind(ctx, project, args[0], args[1], in)
			if err != nil {
				return err
			}
			return e.Print(b, func(w io.Writer) { writeBound(w, args[0], b) })
		}),
	}
	c.Flags().StringVar(&in.Score, "score", "score.yaml", "the path of the workload's file in the repository")
	c.Flags().StringArrayVar(&in.Paths, "path", nil, "a glob of files that are the workload's; the folder of its file by default")
	c.Flags().StringVar(&in.Branch, "branch", "", "the branch that pull requests go to; the default branch by default")
	c.Flags().StringArrayVar(&in.Plan, "plan", nil, "a stage that a pull request is planned on")
	c.Flags().BoolVar(&in.Build, "build", false, "let Terrace build a container whose image is a folder (image: .), as terrace deploy does")
	command.Choice(c, &apply, "apply", "merge", "when it is applied", "merge", "before-merge", "never")
	c.Flags().StringArrayVar(&in.Stages, "to", nil, "a stage that it is applied to; the first of --plan by default")
	_ = c.MarkFlagRequired("plan") // the flag was made above
	return c
}

func writeBound(w io.Writer, repository string, b apiclient.VcsBinding) {
	_, _ = fmt.Fprintf(w, "%s of %s: pull requests are planned on %s", b.Name, repository, strings.Join(b.Plan, ", "))
	switch b.Apply {
	case "merge":
		_, _ = fmt.Fprintf(w, ", merges are applied to %s", strings.Join(b.Stages, ", "))
	case "before-merge":
		_, _ = fmt.Fprintf(w, ", and applied to %s before they are merged", strings.Join(b.Stages, ", "))
	}
	_, _ = fmt.Fprintln(w)
}

func unbind(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "unbind REPOSITORY NAME", Short: "Remove a binding; what is deployed stays", Args: cobra.ExactArgs(2), ValidArgsFunction: e.Repositories(),
		Example: "  terrace repo unbind mono edge",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.Unbind(ctx, project, args[0], args[1]); err != nil {
				return err
			}
			return e.Print(map[string]any{"repository": args[0], "binding": args[1], "removed": true}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is no longer bound to %s\n", args[1], args[0])
			})
		}),
	}
}
