// Package stages has the commands terrace stage list and show.
//
// It owns their tables. Stages are configuration of the server.
package stages

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace stage.
func Command(e *command.Env) *cobra.Command {
	return command.Group("stage", "See the stages that a release passes through", list(e), show(e))
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the stages in their order", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace stage list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.Server()
			if err != nil {
				return err
			}
			all, err := s.Stages(c.Context())
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) { write(w, all) })
		},
	}
}

func write(w io.Writer, all []apiclient.Stage) {
	rows := make([][]string, 0, len(all))
	for _, st := range all {
		var checks []string
		for _, c := range st.Verify {
			checks = append(checks, c.Name)
		}
		rows = append(rows, []string{st.Name, st.Target, st.Runtime, approvals(st.Approvals), st.Soak, strings.Join(st.RequiredTags, ","), strings.Join(checks, ","), Opening(st.Opening)})
	}
	output.Rows(w, []string{"STAGE", "TARGET", "RUNTIME", "APPROVALS", "SOAK", "REQUIRED TAGS", "VERIFIED BY", "NOW"}, rows)
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
