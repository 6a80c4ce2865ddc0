package workloads

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/score"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// validation checks a file, with a stage against what is there.
type validation struct {
	e     *command.Env
	stage string
}

func validate(e *command.Env) *cobra.Command {
	v := &validation{e: e}
	c := &cobra.Command{
		Use: "validate FILE", Short: "Check a score file; every mistake is shown at its place",
		Long: "Works without a server. With --stage the server is asked whether the secrets that the file\n" +
			"refers to are in that stage; without it nobody looks for them.",
		Example: "  terrace workload validate score.yaml\n  terrace workload validate score.yaml --stage dev",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return v.run(c.Context(), args[0]) },
	}
	e.StageFlag(c, &v.stage, "stage", "the stage to look for secrets in", false)
	return c
}

func (v *validation) run(ctx context.Context, file string) error {
	f, err := score.Read(file)
	if err != nil {
		return err
	}
	text, err := f.Complete()
	if err != nil {
		return err
	}
	unseen, err := v.look(ctx, f, text)
	if err != nil {
		return err
	}
	leaks, err := f.Leaks(ctx)
	if err != nil {
		return err
	}
	for _, p := range slices.Concat(unseen, leaks) {
		v.e.Say("warning: %s", p)
	}
	w := f.Workload
	uses := len(w.SecretUses())
	result := map[string]any{
		"workload": w.Name, "valid": true, "containers": w.ContainerNames(), "resources": w.ResourceNames(),
		"secretReferences": uses, "secretsLookedFor": v.stage != "" && len(unseen) == 0,
		"warnings": append(append([]kernel.Problem{}, unseen...), leaks...),
	}
	return v.e.Print(result, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "%s is valid: workload %s with %s and %s\n",
			file, w.Name, count(len(w.Containers), "container"), count(len(w.Resources), "resource"))
		switch {
		case uses > 0 && v.stage == "":
			_, _ = fmt.Fprintf(out, "nobody looked for the secrets of its %s: name a stage with --stage\n", count(uses, "reference"))
		case len(unseen) > 0:
			_, _ = fmt.Fprintf(out, "nobody could look for the secrets of its %s in %s\n", count(uses, "reference"), v.stage)
		case uses > 0:
			_, _ = fmt.Fprintf(out, "the secrets of its %s are in %s\n", count(uses, "reference"), v.stage)
		}
	})
}

// look asks the server for the secrets, where a stage is named. What comes back are references
// to a key vault that the server does not know.
func (v *validation) look(ctx context.Context, f *score.File, text string) (unseen []kernel.Problem, err error) {
	if v.stage == "" {
		return nil, nil
	}
	s, project, err := v.e.Project(ctx)
	if err == nil {
		var answer apiclient.CheckReferencesResponse
		answer, err = s.CheckReferences(ctx, project, apiclient.CheckReferencesRequest{Score: text, Stage: v.stage})
		unseen = f.Relocated(answer.Unseen)
	}
	if kernel.Is(err, kernel.Unavailable) {
		v.e.Say("%s is valid by itself; nobody looked for its secrets in %s", f.Path, v.stage)
	}
	return unseen, f.Relocate(err)
}
