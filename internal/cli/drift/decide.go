package drift

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/runs"
)

// drifts completes the ids of what is not resolved.
func drifts(e *command.Env) command.Completion {
	return e.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		all, err := s.Drifts(ctx, project, apiclient.ListDriftParams{})
		ids := make([]string, 0, len(all))
		for _, d := range all {
			ids = append(ids, d.ID)
		}
		return ids, err
	})
}

// decision is a command whose run is followed.
type decision struct {
	e       *command.Env
	reason  string
	waiting runs.Waiting
	do      func(ctx context.Context, s command.Server, project string, in apiclient.DriftDecisionRequest) (apiclient.DriftOutcome, error)
}

func (d *decision) command(use, short, long, example string) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: drifts(d.e),
		RunE: d.e.InProject(d.run),
	}
	c.Flags().StringVar(&d.reason, "reason", "", "why; it is kept with the run and in the audit log")
	d.waiting.Flags(c)
	return c
}

func (d *decision) run(ctx context.Context, s command.Server, project string, ids []string) error {
	out, err := d.do(ctx, s, project, apiclient.DriftDecisionRequest{Drifts: ids, Reason: d.reason})
	if err != nil {
		return err
	}
	for _, note := range out.Notes {
		d.e.Say("note: %s", note)
	}
	r, err := s.Run(ctx, project, out.Run)
	if err != nil {
		return err
	}
	return d.waiting.Finish(ctx, d.e, s, project, r)
}

func accept(e *command.Env) *cobra.Command {
	d := &decision{e: e, do: func(ctx context.Context, s command.Server, project string, in apiclient.DriftDecisionRequest) (apiclient.DriftOutcome, error) {
		return s.AcceptDrift(ctx, project, in)
	}}
	return d.command("accept DRIFT...", "Record what is there as the truth",
		"A run takes what is there into the state and changes nothing else. Where the code says otherwise, the next\n"+
			"run of the workload would put it back: which code that is, is told.",
		"  terrace drift accept DRIFT --reason \"the database was scaled for the sale\"")
}

func revert(e *command.Env) *cobra.Command {
	d := &decision{e: e, do: func(ctx context.Context, s command.Server, project string, in apiclient.DriftDecisionRequest) (apiclient.DriftOutcome, error) {
		return s.RevertDrift(ctx, project, in)
	}}
	return d.command("revert DRIFT...", "Put back what was changed",
		"An ordinary run of the release that is deployed puts it back: through gates, windows and approvals.",
		"  terrace drift revert DRIFT --reason \"nobody may open the firewall\"")
}

func ignore(e *command.Env) *cobra.Command {
	var in apiclient.IgnoreDriftRequest
	c := &cobra.Command{
		Use: "ignore DRIFT --until DATE --reason WHY", Short: "Leave what was changed alone until a date, or until it changes again",
		Example: "  terrace drift ignore DRIFT --until 2027-01-31 --reason \"a test of the network team\"\n" +
			"  terrace drift ignore DRIFT --attribute tags.owner --until 72h --reason \"they sort their tags out\"",
		Args: cobra.ExactArgs(1), ValidArgsFunction: drifts(e),
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			d, err := s.IgnoreDrift(ctx, project, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) { write(w, d) })
		}),
	}
	e.Until(c, &in.Until)
	c.Flags().StringVar(&in.Reason, "reason", "", "why; it is shown and kept in the audit log")
	c.Flags().StringArrayVar(&in.Attributes, "attribute", nil, "only this attribute; may be given more than once")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}
