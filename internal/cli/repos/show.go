package repos

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

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
		pairs = append(pairs, "push", orDeveloper(d.Protection.Push), "merge", orDeveloper(d.Protection.Merge)+onChecks(d.Protection), "rewrite", cmp.Or(d.Protection.Rewrite, "nobody"))
	}
	if refs := d.References; refs != nil {
		if r := refs.Token; r != nil {
			pairs = append(pairs, "token", r.Reference+", read as "+r.By)
		}
		if r := refs.Webhook; r != nil {
			pairs = append(pairs, "webhook secret", r.Reference+", read as "+r.By)
		}
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
