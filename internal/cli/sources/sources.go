// Package sources has the commands terrace source …: repositories that are the
// source of truth for stages, definitions and workloads.
//
// It owns their flags and tables. What a repository brings about is the server's.
package sources

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace source.
func Command(e *command.Env) *cobra.Command {
	return command.Group("source", "Make a repository the source of truth for stages, definitions and workloads",
		add(e), list(e), status(e), diff(e), sync(e), allow(e), trust(e), remove(e))
}

// adding are the flags of add.
type adding struct {
	in              apiclient.AddSourceRequest
	repo, keys      string
	tenant          bool
	interval        time.Duration
	count, percents int64
}

func add(e *command.Env) *cobra.Command {
	a := &adding{}
	c := &cobra.Command{
		Use: "add NAME", Short: "Make a repository the source of truth", Args: cobra.ExactArgs(1),
		Long: "What the files of the branch say is brought about, at each push and at the interval: stages first, then\n" +
			"definitions, then workloads. With --tenant the layout is stages/NAME.yaml, definitions/NAME.yaml and\n" +
			"projects/PROJECT/workloads/NAME/score.yaml; else it is workloads/NAME/score.yaml of the current project.\n" +
			"A workload is deployed to the first stage; the others get it by promotion.",
		Example: "  terrace source add platform --tenant --repo platform --branch main --path live --prune --interval 1m\n" +
			"  terrace source add shop --repo shop --prune --max-deletes 3\n" +
			"  terrace source add platform --tenant --repo platform --verify-keys allowed_signers",
		RunE: func(c *cobra.Command, args []string) error {
			s, project, err := e.Project(c.Context())
			if err != nil {
				return err
			}
			if err := a.complete(args[0], project); err != nil {
				return err
			}
			n, err := s.AddSource(c.Context(), a.in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s/%s is the source %s now. See how it stands with: terrace source status %s\n", n.RepositoryProject, n.Repository, n.Name, n.Name)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&a.repo, "repo", "", "the repository, as NAME in the current project or PROJECT/NAME")
	f.StringVar(&a.in.Branch, "branch", "main", "the branch")
	f.StringVar(&a.in.Path, "path", "", "the folder in which the layout begins; the root by default")
	f.BoolVar(&a.tenant, "tenant", false, "it has stages, definitions and the workloads of all projects, not those of the current project alone")
	f.BoolVar(&a.in.Prune, "prune", false, "remove objects whose files are gone")
	f.BoolVar(&a.in.NoHeal, "no-heal", false, "only tell of what was changed by hand, and leave it")
	f.DurationVar(&a.interval, "interval", time.Minute, "how often it is reconciled when nothing is pushed")
	f.Int64Var(&a.count, "max-deletes", 5, "how many objects are removed at once without anybody's word")
	f.Int64Var(&a.percents, "max-delete-percent", 20, "how many of a hundred objects are removed at once without anybody's word")
	f.StringVar(&a.keys, "verify-keys", "", "a file of allowed signers, as ssh-keygen reads it: commits must be signed by one of them")
	_ = c.MarkFlagRequired("repo") // the flag was made above
	return c
}

func (a *adding) complete(name, project string) error {
	a.in.Name, a.in.RepositoryProject, a.in.Repository = name, project, a.repo
	if where, repository, found := strings.Cut(a.repo, "/"); found {
		a.in.RepositoryProject, a.in.Repository = where, repository
	}
	if !a.tenant {
		a.in.Project = project
	}
	a.in.Interval, a.in.MaxDeletes, a.in.MaxDeletePercent = a.interval.String(), a.count, a.percents
	if a.keys == "" {
		return nil
	}
	keys, err := os.ReadFile(a.keys)
	if err != nil {
		return kernel.Errorf(kernel.NotFound, "the file %s cannot be read: %w", a.keys, err)
	}
	if a.in.Signers = string(keys); strings.TrimSpace(a.in.Signers) == "" {
		return kernel.Errorf(kernel.Invalid, "the file %s has no signers", a.keys).WithFix("write a line such as: ada@example.com ssh-ed25519 AAAA…")
	}
	return nil
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the sources", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace source list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Sources(ctx)
			if err != nil {
				return err
			}
			return command.PrintList(e, all, []string{"NAME", "OF", "REPOSITORY", "BRANCH", "STATE", "COMMIT"}, func(n apiclient.Source) []string {
				return []string{n.Name, scopeOf(n), n.RepositoryProject + "/" + n.Repository, n.Branch, string(n.Status.Phase), short(n.Status.Commit)}
			})
		}),
	}
}

func scopeOf(n apiclient.Source) string {
	if n.Project == "" {
		return "the tenant"
	}
	return n.Project
}

func short(commit string) string { return commit[:min(len(commit), 12)] }

func status(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "status NAME", Short: "Show how a source and each of its objects stand", Args: cobra.ExactArgs(1), ValidArgsFunction: e.Sources(),
		Example: "  terrace source status platform",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			d, err := s.Source(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { writeStatus(w, e, d) })
		}),
	}
}

func writeStatus(w io.Writer, e *command.Env, d apiclient.SourceDetails) {
	n := d.Source
	reconciled := ""
	if n.Status.At != nil {
		reconciled = output.Age(e.Clock.Now(), *n.Status.At) + " ago"
	}
	output.Pairs(w, "source", n.Name+", of "+scopeOf(n), "repository", n.RepositoryProject+"/"+n.Repository+", branch "+n.Branch+at(n.Path),
		"state", string(n.Status.Phase), "commit", n.Status.Commit, "reconciled", reconciled)
	if n.Status.Message != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", n.Status.Message)
	}
	writeProblems(w, n.Status.Problems)
	if len(d.Objects) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	rows := make([][]string, 0, len(d.Objects))
	for _, o := range d.Objects {
		rows = append(rows, []string{string(o.Kind), named(o.Project, o.Name), string(o.State), o.File, o.Message})
	}
	output.Rows(w, []string{"KIND", "NAME", "STATE", "FILE", "MESSAGE"}, rows)
	for _, o := range d.Objects {
		writeProblems(w, o.Problems)
	}
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return ", folder " + path
}

func named(project, name string) string {
	if project == "" {
		return name
	}
	return project + "/" + name
}

func writeProblems(w io.Writer, problems []kernel.Problem) {
	for _, p := range problems {
		_, _ = fmt.Fprintln(w, "  "+p.String())
	}
}
