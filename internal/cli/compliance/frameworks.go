package compliance

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func frameworks(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "frameworks", Short: "List the frameworks that reports are made of, and how much of each policies answer", Args: cobra.NoArgs,
		Example: "  terrace compliance frameworks\n  terrace compliance frameworks -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.ComplianceFrameworks(ctx)
			return command.PrintFound(e, all, err, []string{"FRAMEWORK", "NAME", "CONTROLS", "ANSWERED", "POLICIES"}, func(f apiclient.ComplianceFramework) []string {
				return []string{f.ID, f.Name, fmt.Sprint(f.Controls), fmt.Sprint(f.Answered), fmt.Sprint(f.Policies)}
			})
		}),
	}
}

// frameworkIDs offers those that the server has.
func frameworkIDs(e *command.Env) command.Completion {
	return command.ForFlag(e.Offer(func(ctx context.Context, s command.Server, _ string) ([]string, error) {
		all, err := s.ComplianceFrameworks(ctx)
		ids := make([]string, 0, len(all))
		for _, f := range all {
			ids = append(ids, f.ID+"\t"+f.Name)
		}
		return ids, err
	}))
}
