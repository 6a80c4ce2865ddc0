package policy

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/policy/agreement"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func agree(e *command.Env) *cobra.Command {
	var chosen choice
	c := command.Agreement(e, &cobra.Command{
		Short: "Hold policies against labelled plans, and count where they agree",
		Long: "The folder has files *.json with plans under mock, by name: those whose name begins with invalid must be\n" +
			"flagged, the others must not. The name of a file tells its subject; the policies that speak for it are\n" +
			"those that look at its resources and whose metadata declares the subject (custom.subjects).",
		Example: "  terrace policy agreement ./labelled-plans\n  terrace policy agreement ./labelled-plans -o json",
	}, func(ctx context.Context, dir string) (agreement.Report, error) {
		if _, err := os.ReadDir(dir); err != nil {
			return agreement.Report{}, kernel.Errorf(kernel.NotFound, "there is no folder %s", dir).WithFix("name a folder with files *.json that have labelled plans under mock")
		}
		set, err := chosen.compile(ctx)
		if err != nil {
			return agreement.Report{}, err
		}
		return agreement.Run(ctx, set, os.DirFS(dir))
	}, writeAgreement)
	chosen.flags(c)
	return c
}

func writeAgreement(w io.Writer, r agreement.Report) {
	for _, s := range r.Subjects {
		if !s.Covered() {
			_, _ = fmt.Fprintf(w, "not covered  %s\n", s.Name)
		}
		for _, c := range s.Cases {
			if !c.Agrees() {
				_, _ = fmt.Fprintf(w, "disagrees    %s %s: flagged %t by %s %s\n", s.Name, c.Name, c.Flagged, strings.Join(s.Policies, ", "), c.Message)
			}
		}
	}
	_, _ = fmt.Fprintf(w, "coverage:  %.1f %% (%d of %d subjects)\nagreement: %.1f %% (%d of %d cases)\n",
		r.Coverage, r.Covered, len(r.Subjects), r.Agreement, r.Agreed, r.Cases)
}
