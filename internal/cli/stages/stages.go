// Package stages has the commands terrace stage list and show.
//
// It owns their tables. Stages are configuration of the server.
package stages

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace stage.
func Command(e *command.Env) *cobra.Command {
	return command.Group("stage", "See the stages that a release passes through", list(e), show(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the stages in their order", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace stage list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Stages(ctx)
			return command.PrintFound(e, all, err, []string{"STAGE", "TARGET", "RUNTIME", "APPROVALS", "SOAK", "REQUIRED TAGS", "VERIFIED BY", "NOW"}, row(e.Clock.Now()))
		}),
	}
}

func row(now time.Time) func(apiclient.Stage) []string {
	return func(st apiclient.Stage) []string {
		checks := make([]string, 0, len(st.Verify))
		for _, c := range st.Verify {
			checks = append(checks, c.Name)
		}
		return []string{st.Name, st.Target, st.Runtime, approvals(st.Approvals), st.Soak, strings.Join(st.RequiredTags, ","), strings.Join(checks, ","), Opening(now, st.Opening)}
	}
}

func approvals(a apiclient.StageApprovals) string {
	if a.Count == 0 {
		return "none"
	}
	text := fmt.Sprintf("%d by role %s", a.Count, a.Role)
	if a.OtherThanRequester {
		text += ", not the requester"
	}
	return text
}
