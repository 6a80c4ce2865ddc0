package apis

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func follow(e *command.Env) *cobra.Command {
	var in apiclient.FollowAPIRepositoryRequest
	c := &cobra.Command{
		Use: "follow REPOSITORY", Short: "Take the OpenAPI documents of a repository, now and at each push", Args: cobra.ExactArgs(1),
		Long: "The repository says in its file apis.yaml which APIs it has:\n\n  apis:\n    - {api: orders, version: v1, document: openapi.yaml, publish: true}\n\n" +
			"A push uploads them and, with publish, has the first stage serve them. Of a repository that is followed the\ndocuments are taken again. What is wrong with its files is printed, and in terrace api followed.",
		Example: "  terrace api follow orders\n  terrace api follow mono --branch main --file services/orders/apis.yaml",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			f, err := s.FollowAPIs(ctx, project, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(f, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is followed on %s: %s\n", f.Repository, f.Branch, output.Count(len(f.Versions), "API"))
				brought(w, []apiclient.ApispecvcsFollowing{f})
			})
		}),
	}
	c.Flags().StringVar(&in.Branch, "branch", "", "the branch that is followed; the repository's default one by default")
	c.Flags().StringVar(&in.File, "file", "", "where the repository says which APIs it has; apis.yaml by default")
	return c
}

// brought lists what repositories have become, and what is wrong with their files.
func brought(w io.Writer, all []apiclient.ApispecvcsFollowing) {
	type row struct {
		apiclient.ApispecvcsFollowing
		apiclient.ApispecvcsBrought
	}
	var rows []row
	for _, f := range all {
		if len(f.Versions) == 0 {
			rows = append(rows, row{ApispecvcsFollowing: f})
		}
		for _, b := range f.Versions {
			rows = append(rows, row{f, b})
		}
	}
	output.List(w, rows, []string{"REPOSITORY", "BRANCH", "COMMIT", "API", "VERSION", "REVISION", "PUBLISHED ON", "DOCUMENT"}, func(r row) []string {
		number := ""
		if r.Revision > 0 {
			number = strconv.FormatInt(r.Revision, 10)
		}
		return []string{r.Repository, r.Branch, r.Commit[:min(12, len(r.Commit))], r.API, r.Version, number, r.Stage, r.Document}
	})
	for _, f := range all {
		for _, p := range f.Problems {
			_, _ = fmt.Fprintf(w, "%s: %s\n", f.Repository, p)
		}
	}
}

func followed(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "followed", Short: "List the repositories whose OpenAPI documents are taken, and what is wrong with them", Args: cobra.NoArgs, Example: "  terrace api followed",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.FollowedAPIs(ctx, project)
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) { brought(w, all) })
		}),
	}
}

func unfollow(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "unfollow REPOSITORY", Short: "Take the documents of a repository no longer", Args: cobra.ExactArgs(1), Example: "  terrace api unfollow orders",
		Long: "What was taken from it stays.",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.UnfollowAPIs(ctx, project, args[0]); err != nil {
				return err
			}
			e.Say("%s is followed no longer", args[0])
			return nil
		}),
	}
}
