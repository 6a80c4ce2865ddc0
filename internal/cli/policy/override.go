package policy

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type override struct {
	gate, digest, reason string
	yes                  bool
}

func overrideCommand(e *command.Env) *cobra.Command {
	var o override
	c := &cobra.Command{
		Use: "override RUN --reason REASON", Short: "Let a run pass soft-mandatory policies that hold it",
		Long: "Shows the run's dossier and overrides exactly that, for the gate that holds it. It needs the role approver\n" +
			"or admin, and the reason is kept in the audit log. If the run is planned anew, the override counts no\n" +
			"longer. Hard-mandatory policies cannot be overridden.",
		Example: "  terrace policy override RUN --reason \"the data was moved before\"\n" +
			"  terrace policy override RUN --digest sha256:… --reason \"accepted until the migration\"",
		Args: cobra.ExactArgs(1), ValidArgsFunction: e.Runs(apiclient.RunStatusAwaitingApproval),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c, e, args[0]) },
	}
	c.Flags().StringVar(&o.gate, "gate", "policy", "the gate that holds the run")
	c.Flags().StringVar(&o.digest, "digest", "", "override only if the dossier has this digest; needs no confirmation")
	c.Flags().StringVar(&o.reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "override without asking")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

func (o *override) run(c *cobra.Command, e *command.Env, id string) error {
	s, project, err := e.Project(c.Context())
	if err != nil {
		return err
	}
	d, err := s.Dossier(c.Context(), project, id)
	if err != nil {
		return err
	}
	if o.digest != "" && kernel.Digest(o.digest) != d.Digest {
		return kernel.Errorf(kernel.Stale, "the dossier of %s is %s, not %s", id, d.Digest, o.digest).WithFix("read it again: what would be applied has changed")
	}
	runs.WriteDossier(e.Err, d, runs.Short(), e.Clock.Now())
	if err := e.Confirm(o.yes || o.digest != "", "Override the gate "+o.gate+" for "+d.Digest.Short()+"?"); err != nil {
		return err
	}
	r, err := s.Override(c.Context(), project, id, apiclient.OverrideRunRequest{Gate: o.gate, Digest: d.Digest, Reason: o.reason})
	if err != nil {
		return err
	}
	e.Say("overrode the gate %s for %s of run %s", o.gate, d.Digest.Short(), id)
	return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "run %s is %s\n", r.ID, r.Status) })
}
