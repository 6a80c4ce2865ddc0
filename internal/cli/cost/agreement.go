package cost

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/pricing"
	"github.com/terrace-idp/terrace/internal/governance/cost/agreement"
)

func agree(e *command.Env) *cobra.Command {
	var chosen pricing.Prices
	c := command.Agreement(e, &cobra.Command{
		Short: "Hold estimates against expected tables, and count where they agree",
		Long: "The folder has one folder for each case: a configuration (*.tf), a usage file (*.usage.yml) and the\n" +
			"expected table (*.golden). A component is supported when Terrace describes its type, and agrees when name,\n" +
			"unit, quantity and cost are the table's to the last digit shown.",
		Example: "  terrace cost agreement ./tables\n  terrace cost agreement ./tables -o json",
	}, func(ctx context.Context, dir string) (agreement.Report, error) {
		estimator, catalog, err := chosen.Estimator()
		if err != nil {
			return agreement.Report{}, err
		}
		return agreement.Run(ctx, estimator, catalog, dir)
	}, writeAgreement)
	chosen.Flags(c)
	return c
}

func writeAgreement(w io.Writer, r agreement.Report) {
	var types []string
	for t := range r.Unsupported {
		types = append(types, t)
	}
	slices.Sort(types)
	for _, t := range types {
		_, _ = fmt.Fprintf(w, "not supported  %s: %d components\n", t, r.Unsupported[t])
	}
	for _, d := range r.Disagreements {
		_, _ = fmt.Fprintf(w, "disagrees      %s %s %s: expected %s, found %s\n", d.Case, d.Resource, d.Component, d.Expected, d.Found)
	}
	_, _ = fmt.Fprintf(w, "support:   %.1f %% (%d of %d components of %d cases)\nagreement: %.1f %% (%d of %d components; %d more than the tables have)\n",
		r.Support, r.Supported, r.Components, r.Cases, r.Agreement, r.Agreed, r.Supported, r.Extra)
}
