// Package releases has the commands terrace release list, show, approve and
// withdraw.
//
// It owns their flags and tables. Releases are made by terrace deploy.
package releases

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace release.
func Command(e *command.Env) *cobra.Command {
	return command.Group("release", "See what was and can be promoted", list(e), show(e), approve(e), withdraw(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list WORKLOAD", Short: "List the releases of a workload, the newest first", Aliases: []string{"ls"},
		Example: "  terrace release list orders",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: e.Workloads(),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			releases, err := s.Releases(ctx, project, args[0])
			if err != nil {
				return err
			}
			if len(releases) == 0 {
				return kernel.Errorf(kernel.NotFound, "there is no release of %s in %s", args[0], project).
					WithFix("terrace deploy score.yaml makes the first")
			}
			return command.PrintList(e, releases, []string{"NUMBER", "RELEASE", "VERSION", "BY", "AGE"}, func(r apiclient.Release) []string {
				return []string{fmt.Sprintf("#%d", r.Number), r.ID, r.Version, r.CreatedBy, output.Age(e.Clock.Now(), r.CreatedAt)}
			})
		}),
	}
}

func show(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show RELEASE", Short: "Show what a release is made of, and to which stages it may go",
		Example: "  terrace release show rel_0123456789abcdef0123\n  terrace release show 2\n  terrace release show rel_0123456789abcdef0123 -o json",
		Args:    cobra.ExactArgs(1),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			r, err := s.Release(ctx, project, args[0])
			if err != nil {
				return err
			}
			x, err := s.ExplainRelease(ctx, project, apiclient.ExplainReleaseParams{Release: r.ID})
			if err != nil {
				return err
			}
			return e.Print(shownRelease{r, x.Stages}, func(w io.Writer) {
				write(w, r, e.Clock.Now())
				WriteStages(w, x, e.Clock.Now())
			})
		}),
	}
}

// shownRelease is a release with where it may go.
type shownRelease struct {
	apiclient.ReleaseDetail

	Stages []apiclient.RunReleaseStage `json:"stages"`
}

func write(w io.Writer, r apiclient.ReleaseDetail, now time.Time) {
	output.Pairs(w, "release", r.ID, "digest", string(r.Digest), "workload", r.Workload, "number", strconv.FormatInt(r.Number, 10),
		"version", r.Version, "created", output.Moment(now, r.CreatedAt)+" by "+r.CreatedBy,
		"definitions", strconv.Itoa(len(r.Definitions)), "modules", strconv.Itoa(len(r.Modules)))
	for _, name := range slices.Sorted(maps.Keys(r.Artifacts)) {
		a := r.Artifacts[name]
		_, _ = fmt.Fprintf(w, "container %s runs %s, %s\n", name, a.Digest, output.Size(a.Size))
	}
}
