package policy

import (
	"io"
	"slices"
	"strings"

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
	choice                            choice
	set, severity, level, typ, answer string
	all                               bool
}

func list(e *command.Env) *cobra.Command {
	var f listFlags
	c := &cobra.Command{
		Use: "list [TEXT]", Short: "List policies with their levels and controls", Args: cobra.MaximumNArgs(1),
		Long: "No server is asked: these are the rules that the client has, or those of --policies. TEXT is a part of the id or\n" +
			"of the title. Without anything that narrows them the first ones are shown, with --all every one.",
		Example: "  terrace policy list storage\n  terrace policy list --type azurerm_storage_account --level hard-mandatory\n" +
			"  terrace policy list --control cis-azure-3.0.0:4.1\n  terrace policy list --policies ./policy -o json",
		ValidArgsFunction: shippedIDs,
		RunE: func(c *cobra.Command, args []string) error {
			set, err := f.choice.compile(c.Context())
			if err != nil {
				return &exit.PolicyError{Err: err}
			}
			text := command.First(args)
			found := slices.DeleteFunc(set.Policies(), func(p policy.Policy) bool { return !f.wants(p, text) })
			return e.Print(found, func(w io.Writer) { f.write(w, e, found, text == "") })
		},
	}
	f.choice.flags(c)
	c.Flags().StringVar(&f.set, "set", "", "only those of this source: terrace, or a folder of --policies")
	c.Flags().StringVar(&f.typ, "type", "", "only those that look at this type of resources, such as azurerm_storage_account")
	c.Flags().StringVar(&f.answer, "control", "", "only those that answer this framework or control, such as mcsb or mcsb:DP-3")
	command.Choice(c, &f.level, "level", "", "only those of this level", levels()...)
	command.Choice(c, &f.severity, "severity", "", "only those of this severity: low, medium, high or critical", "low", "medium", "high", "critical")
	c.Flags().BoolVar(&f.all, "all", false, "show every one")
	return c
}

// wants reports whether the policy is one of those that were asked for.
func (f *listFlags) wants(p policy.Policy, text string) bool {
	text = strings.ToLower(text)
	controls := p.Controls.Names()
	answers := slices.ContainsFunc(controls, func(name string) bool {
		return name == f.answer || strings.HasPrefix(name, f.answer+":")
	})
	return (strings.Contains(p.ID, text) || strings.Contains(strings.ToLower(p.Title), text)) &&
		(f.set == "" || p.Source == f.set) && (f.severity == "" || string(p.Severity) == f.severity) && (f.level == "" || string(p.Level) == f.level) &&
		(f.typ == "" || slices.Contains(p.Resources, f.typ)) && (f.answer == "" || answers)
}

func (f *listFlags) write(w io.Writer, e *command.Env, found []policy.Policy, whole bool) {
	narrow := !whole || f.set+f.severity+f.level+f.typ+f.answer != "" || len(f.choice.folders) > 0
	shown := found
	if !narrow && !f.all && len(found) > shortList {
		shown = found[:shortList]
	}
	var rows [][]string
	for _, p := range shown {
		rows = append(rows, []string{p.ID, string(p.Level), string(p.Severity), p.Title})
	}
	output.Rows(w, []string{"POLICY", "LEVEL", "SEVERITY", "TITLE"}, rows)
	if more := len(found) - len(shown); more > 0 {
		e.Say("and %d more: narrow them with TEXT, --type, --level, --severity or --control, or see --all", more)
	}
	if len(found) == 0 {
		e.Say("no policy is like that")
	}
}
