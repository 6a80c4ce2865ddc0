package sources

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// adding are the flags of add.
type adding struct {
	in              apiclient.AddSourceRequest
	repo, keys      string
	tenant          bool
	interval, build time.Duration
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
		Example: "  terrace source add platform --tenant --repo platform --prune --build\n" +
			"  terrace source add platform --tenant --repo platform --branch main --path live --prune --interval 1m\n" +
			"  terrace source add shop --repo shop --prune --max-deletes 3\n" +
			"  terrace source add platform --tenant --repo platform --verify-keys allowed_signers",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := a.complete(args[0], project); err != nil {
				return err
			}
			n, err := s.AddSource(ctx, a.in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s/%s is the source %s now. See how it stands with: terrace source status %s\n", n.RepositoryProject, n.Repository, n.Name, n.Name)
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&a.repo, "repo", "", "the repository, as NAME in the current project or PROJECT/NAME")
	f.StringVar(&a.in.Branch, "branch", "main", "the branch")
	f.StringVar(&a.in.Path, "path", "", "the folder in which the layout begins; the root by default")
	f.BoolVar(&a.tenant, "tenant", false, "it has stages, definitions and the workloads of all projects, not those of the current project alone")
	f.BoolVar(&a.in.Prune, "prune", false, "remove objects whose files are gone")
	f.BoolVar(&a.in.NoHeal, "no-heal", false, "only tell of what was changed by hand, and leave it")
	command.DurationVar(f, &a.interval, "interval", time.Minute, "how often it is reconciled when nothing is pushed")
	command.Number(c, &a.count, "max-deletes", 5, "how many objects are removed at once without anybody's word", 0, 0)
	command.Number(c, &a.percents, "max-delete-percent", 20, "how many of a hundred objects are removed at once without anybody's word", 0, 100)
	f.BoolVar(&a.in.Builds, "build", false, "let Terrace build the folders that its workloads have as images; an admin's word")
	command.DurationVar(f, &a.build, "build-time", 0, "how long one folder may be built; what the configuration says by default")
	f.StringVar(&a.keys, "verify-keys", "", "a file of allowed signers, as ssh-keygen reads it: commits must be signed by one of them")
	_ = c.MarkFlagRequired("repo") // the flag was made above
	return c
}

// maxSigners bounds a file of signers, in bytes.
const maxSigners = 256 << 10

func (a *adding) complete(name, project string) error {
	a.in.Name, a.in.RepositoryProject, a.in.Repository = name, project, a.repo
	if where, repository, found := strings.Cut(a.repo, "/"); found {
		a.in.RepositoryProject, a.in.Repository = where, repository
	}
	if !a.tenant {
		a.in.Project = project
	}
	a.in.Interval, a.in.MaxDeletes, a.in.MaxDeletePercent = a.interval.String(), a.count, a.percents
	a.in.BuildTime = command.Length(a.build)
	if a.keys == "" {
		return nil
	}
	keys, err := command.Read(a.keys, maxSigners)
	if err != nil {
		return err
	}
	if a.in.Signers = string(keys); strings.TrimSpace(a.in.Signers) == "" {
		return command.InFile(a.keys, "write a line such as: ada@example.com ssh-ed25519 AAAA…", "it has no signers")
	}
	return nil
}
