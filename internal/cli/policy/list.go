package policy

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// shortList is how many policies are shown at once where nothing narrows them.
const shortList = 25

// listFlags narrow the list; what is empty does not.
type listFlags struct {
	choice      choice
	policy      policy.Filter
	all, tenant bool
	// server lists the server's policies.
	server bool
}

func list(e *command.Env) *cobra.Command {
	var f listFlags
	c := &cobra.Command{
		Use: "list [TEXT]", Short: "List policies with their levels and controls", Args: cobra.MaximumNArgs(1),
		Long: "Without --server no server is asked: these are the rules that the client has, or those of --policies. With it\n" +
			"they are those that are in force on the server, from its folders and repositories, too, with their levels in\n" +
			"the project by stage, and where each is from: the policy itself, policyLevels of the server's configuration,\n" +
			"or an assignment. What does not compile there, and levels of the configuration that no policy has, is told.\n\n" +
			"TEXT is a part of the id or of the title. Without anything that narrows them the first ones are shown, with\n" +
			"--all every one.",
		Example: "  terrace policy list storage\n  terrace policy list --type azurerm_storage_account --level hard-mandatory\n" +
			"  terrace policy list --control cis-azure-3.0.0:4.1\n  terrace policy list --policies ./policy -o json\n" +
			"  terrace policy list --server --stage prod\n  terrace policy list --server --set /etc/terrace/policies",
		ValidArgsFunction: shippedIDs,
		RunE: func(c *cobra.Command, args []string) error {
			f.policy.Text = command.First(args)
			if f.server {
				return f.ofServer(c, e, args)
			}
			if f.policy.Stage != "" || f.tenant || f.policy.Level == policy.Off {
				return exit.Wrong("--stage, --tenant and --level off are for --server")
			}
			return f.ofClient(c, e)
		},
	}
	f.choice.flags(c)
	c.Flags().StringVar(&f.policy.Set, "set", "", "only those of this source: terrace, or a folder of --policies or of the server")
	c.Flags().StringVar(&f.policy.Type, "type", "", "only those that look at this type of resources, such as azurerm_storage_account")
	c.Flags().StringVar(&f.policy.Control, "control", "", "only those that answer this framework or control, such as mcsb or mcsb:DP-3")
	command.Choice(c, &f.policy.Level, "level", "", "only those of this level; off is for --server, where it is the level on the stage or on any", append(policy.Levels(), policy.Off)...)
	command.Choice(c, &f.policy.Severity, "severity", "", "only those of this severity", "low", "medium", "high", "critical")
	c.Flags().BoolVar(&f.all, "all", false, "show every one")
	c.Flags().BoolVar(&f.server, "server", false, "those that are in force on the server")
	e.StageFlag(c, &f.policy.Stage, "stage", "with --server: their levels on this stage alone", false)
	c.Flags().BoolVar(&f.tenant, "tenant", false, "with --server: as all projects of the tenant have them, not the project")
	c.MarkFlagsMutuallyExclusive("server", "policies")
	c.MarkFlagsMutuallyExclusive("server", "with-shipped")
	return c
}

// ofClient lists the policies that the client has.
func (f *listFlags) ofClient(c *cobra.Command, e *command.Env) error {
	set, err := f.choice.compile(c.Context())
	if err != nil {
		return &exit.PolicyError{Err: err}
	}
	if err := f.policy.Check(set.Policies()); err != nil {
		return &exit.PolicyError{Err: err}
	}
	found := slices.DeleteFunc(set.Policies(), func(p policy.Policy) bool {
		return !f.policy.Wants(p) || f.policy.Level != "" && p.Level != f.policy.Level
	})
	return e.Print(found, func(w io.Writer) {
		var rows [][]string
		for _, p := range found[:f.shown(len(found))] {
			rows = append(rows, []string{p.ID, string(p.Level), string(p.Severity), p.Title})
		}
		output.Rows(w, []string{"POLICY", "LEVEL", "SEVERITY", "TITLE"}, rows)
		f.more(e, len(found))
	})
}

// shown is how many of the policies that were found people see.
func (f *listFlags) shown(found int) int {
	if f.all || f.policy != (policy.Filter{}) || len(f.choice.folders) > 0 {
		return found
	}
	return min(found, shortList)
}

// more tells what is not shown.
func (f *listFlags) more(e *command.Env, found int) {
	if more := found - f.shown(found); more > 0 {
		e.Say("and %d more: narrow them with TEXT, --type, --level, --severity or --control, or see --all", more)
	}
	if found == 0 {
		e.Say("no policy is like that")
	}
}
