package policy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// inForce is what a server has, for programs.
type inForce struct {
	Policies []apiclient.PolicyInForce `json:"policies"`
	apiclient.PolicyState
}

// ofServer lists the policies that are in force on the server, and tells what is wrong
// with them.
func (f *listFlags) ofServer(c *cobra.Command, e *command.Env, args []string) error {
	return e.InScope(&f.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
		found, err := s.Policies(ctx, apiclient.ListPoliciesParams{
			Project: project, Text: f.policy.Text, Set: f.policy.Set, Type: f.policy.Type, Control: f.policy.Control, Stage: f.policy.Stage,
			Level: apiclient.PolicyLevel(f.policy.Level), Severity: apiclient.ListPoliciesParamsSeverity(f.policy.Severity),
		})
		if err != nil {
			return err
		}
		state, err := s.PolicyState(ctx, project)
		if err != nil {
			return err
		}
		return e.Print(inForce{found, state}, func(w io.Writer) {
			f.writeInForce(w, found)
			f.more(e, len(found))
			for _, p := range state.Problems {
				e.Say("problem: %s", p)
			}
		})
	})(c, args)
}

func (f *listFlags) writeInForce(w io.Writer, found []apiclient.PolicyInForce) {
	var rows [][]string
	for _, p := range found[:f.shown(len(found))] {
		rows = append(rows, []string{p.ID, levelsText(p.Levels), originsText(p.Levels), p.Severity, p.Source, p.Title})
	}
	output.Rows(w, []string{"POLICY", "LEVEL", "FROM", "SEVERITY", "SET", "TITLE"}, rows)
}

// levelsText is the level, with its stages where there are several.
func levelsText(all []apiclient.PolicyLevelAt) string {
	return byStage(all, func(at apiclient.PolicyLevelAt) string { return string(at.Level) })
}

// originsText is where the level is from.
func originsText(all []apiclient.PolicyLevelAt) string {
	return byStage(all, func(at apiclient.PolicyLevelAt) string {
		return strings.TrimSpace(string(at.From) + " " + at.Assignment)
	})
}

// byStage is what holds on all stages, or each thing with the stages on which it does.
func byStage(all []apiclient.PolicyLevelAt, what func(apiclient.PolicyLevelAt) string) string {
	var order []string
	stages := map[string][]string{}
	for _, at := range all {
		if !slices.Contains(order, what(at)) {
			order = append(order, what(at))
		}
		stages[what(at)] = append(stages[what(at)], at.Stage)
	}
	if len(order) == 1 {
		return order[0]
	}
	texts := make([]string, 0, len(order))
	for _, text := range order {
		texts = append(texts, fmt.Sprintf("%s (%s)", text, strings.Join(stages[text], ", ")))
	}
	return strings.Join(texts, ", ")
}
