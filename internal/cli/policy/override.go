package policy

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/runs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type override struct {
	word runs.Word
	gate string
}

func overrideCommand(e *command.Env) *cobra.Command {
	var o override
	c := &cobra.Command{
		Use: "override RUN --reason REASON", Short: "Let a run pass soft-mandatory policies that hold it",
		Long: "Shows the run's dossier and overrides exactly that, for the gate that holds it. It needs the role approver\n" +
			"or admin, and where the stage wants another approver than the requester, another person. If the run is\n" +
			"planned anew, the override counts no longer. Hard-mandatory policies cannot be overridden.",
		Example: "  terrace policy override RUN --reason \"the data was moved before\"\n" +
			"  terrace policy override RUN --digest sha256:… --reason \"accepted until the migration\"",
		Args: cobra.ExactArgs(1), ValidArgsFunction: e.Runs(apiclient.RunStatusAwaitingApproval),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c, e, args[0]) },
	}
	o.word.Flags(c, "override")
	c.Flags().StringVar(&o.gate, "gate", "", "the gate that holds the run; needed where several do")
	command.Reason(c, &o.word.Reason)
	return c
}

func (o *override) run(c *cobra.Command, e *command.Env, id string) error {
	if err := o.find(c, e, id); err != nil {
		return err
	}
	s, project, digest, err := o.word.Ask(c, e, id, "Override the gate "+o.gate+" for")
	if err != nil {
		return err
	}
	r, err := s.Override(c.Context(), project, id, apiclient.OverrideRunRequest{Gate: o.gate, Digest: digest, Reason: o.word.Reason})
	if err != nil {
		return err
	}
	e.Say("overrode the gate %s for %s of run %s", o.gate, digest.Short(), id)
	return e.Print(r, func(w io.Writer) { _, _ = fmt.Fprintf(w, "run %s is %s\n", r.ID, r.Status) })
}

// find looks which gate is meant, before anything is shown and asked.
func (o *override) find(c *cobra.Command, e *command.Env, id string) error {
	s, project, err := e.Project(c.Context())
	if err != nil {
		return err
	}
	r, err := s.Run(c.Context(), project, id)
	if err != nil {
		return err
	}
	holding := runs.Held(r)
	switch {
	case r.Status != apiclient.RunStatusAwaitingApproval || len(holding) == 0:
		return kernel.Errorf(kernel.Conflict, "%s is %s: no gate holds it", id, r.Status).WithFix("see terrace explain %s", id)
	case o.gate == "" && len(holding) > 1:
		return exit.Wrong("%s is held by the gates %s", id, strings.Join(holding, " and ")).WithFix("name one with --gate, and then the other")
	case o.gate == "":
		o.gate = holding[0]
	case !slices.Contains(holding, o.gate):
		return kernel.Errorf(kernel.Conflict, "the gate %s does not hold %s: %s does", o.gate, id, strings.Join(holding, " and ")).WithFix("name that with --gate")
	}
	return nil
}
