package mesh

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func sidecars(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.at(&cobra.Command{
		Use: "sidecars", Short: "List the sidecars and Envoys that stand beside the workloads of a stage", Args: cobra.NoArgs,
		Long: "They are those that are connected to a daemon, or were a moment ago; where others come in at them is ADDRESS.\n" +
			"One that moves from a daemon to another is listed at both for a while.",
		Example: "  terrace mesh sidecars --stage dev",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, _ []string) error {
		all, err := s.MeshSidecars(ctx, at)
		return command.PrintFound(e, all, err, []string{"WORKLOAD", "ADDRESS", "KIND", "RELEASE", "SINCE", "DAEMON"}, func(m apiclient.MeshSidecar) []string {
			return []string{m.Workload, m.Address, string(m.Kind), m.Release, output.Age(e.Clock.Now(), m.Since), m.Daemon}
		})
	})
}
