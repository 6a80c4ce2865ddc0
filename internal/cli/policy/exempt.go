package policy

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/policies"
)

// exemptFlags are those of a request.
type exemptFlags struct {
	in     apiclient.RequestExemptionRequest
	tenant bool
}

func exempt(e *command.Env) *cobra.Command {
	var f exemptFlags
	c := &cobra.Command{
		Use: "exempt [RULE]", Short: "Ask for an exemption from a policy, or from a set of them, until a moment",
		Long: "What is exempt is still told, with the reason, and stops no run. It counts once somebody who may has approved\n" +
			"it, and until it expires: see terrace policy exemptions.",
		Example: "  terrace policy exempt azure-storage-https-only --stage dev --workload orders --reason \"the old client\" --until 30d\n" +
			"  terrace policy exempt azure-storage-https-only --resource module.legacy --reason \"it moves in May\" --until 2027-05-31\n" +
			"  terrace policy exempt --set /etc/terrace/policies --stage dev --workload lab --reason \"a week of trials\" --until 7d",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: e.Policies(),
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		f.in.Policy = command.First(args)
		if (f.in.Policy == "") == (f.in.Set == "") {
			return exit.Wrong("name one RULE, or a set with --set")
		}
		return e.InScope(&f.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			x, err := s.RequestExemption(ctx, project, f.in)
			if err != nil {
				return err
			}
			e.Say("it counts once it is approved: terrace policy exemptions approve %s", x.ID)
			return e.Print(x, func(w io.Writer) { writeExemption(w, x, e.Clock.Now()) })
		})(c, args)
	}
	e.StageFlag(c, &f.in.Stage, "stage", "only on this stage", false)
	flags := c.Flags()
	flags.StringVar(&f.in.Workload, "workload", "", "only of this workload")
	flags.StringVar(&f.in.Address, "resource", "", "only the resource or module at this address, with what is below; with * at the end, what begins so")
	flags.StringVar(&f.in.Set, "set", "", "all policies of a source, such as terrace, instead of one")
	e.Until(c, &f.in.Until)
	flags.BoolVar(&f.tenant, "tenant", false, "in all projects of the tenant, not in the project")
	_ = c.RegisterFlagCompletionFunc("workload", command.ForFlag(e.Workloads())) // the flag was made above
	_ = c.RegisterFlagCompletionFunc("set", command.ForFlag(e.PolicySets()))     // likewise
	command.Reason(c, &f.in.Reason)
	return c
}

// shippedIDs offers the ids of the policies that Terrace ships.
func shippedIDs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	index, err := policy.ReadIndex(policies.Index)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ids := make([]string, 0, len(index))
	for _, p := range index {
		ids = append(ids, p.ID)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
