package arguments_test

import (
	"testing"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestWhatIsNotThereIsToldWithWhereToLook(t *testing.T) {
	t.Parallel()
	do := func(*cobra.Command, []string) {}
	root, run, budget, status, show := &cobra.Command{Use: "terrace"}, &cobra.Command{Use: "run"}, &cobra.Command{Use: "budget"}, &cobra.Command{Use: "status [WORKLOAD]", Run: do}, &cobra.Command{Use: "show RUN", Run: do}
	run.AddCommand(show, &cobra.Command{Use: "list", Run: do})
	budget.AddCommand(&cobra.Command{Use: "list", Run: do})
	accounts, access := &cobra.Command{Use: "service-account"}, &cobra.Command{Use: "access"}
	accounts.AddCommand(&cobra.Command{Use: "list", Run: do})
	access.AddCommand(&cobra.Command{Use: "list", Run: do}, &cobra.Command{Use: "elevations", Run: do})
	root.AddCommand(run, budget, status, accounts, access)
	for message, want := range map[string]string{
		"the budget x does not exist":     "see terrace budget list for those that there are",
		"the workload x does not exist":   "see terrace status for those that there are",
		"the service account x is none":   "see terrace service-account list for those that there are",
		"the elevation x does not exist":  "see terrace access elevations for those that there are",
		"it is gone, and nothing is left": "see terrace run list for those that there are", // by what the command is about
	} {
		err := kernel.Errorf(kernel.NotFound, "%s", message)
		if arguments.Seek(show, err); err.Fix != want {
			t.Errorf("%s: %q, want %q", message, err.Fix, want)
		}
	}
	known := kernel.Errorf(kernel.NotFound, "run x does not exist").WithFix("look twice")
	if arguments.Seek(show, known); known.Fix != "look twice" {
		t.Error(known.Fix)
	}
	other := kernel.Errorf(kernel.Conflict, "run x is there")
	if arguments.Seek(show, other); other.Fix != "" {
		t.Error(other.Fix)
	}
}
