package gateway

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// sites writes a file of variables for terraform.
func sites(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "sites", Short: "Write what the landing zone of a stage on Azure takes of the documents", Args: cobra.NoArgs,
		Long: "Hosts and firewall policies belong to the application gateway of the landing zone, for all projects of the tenant.\n" +
			"What is written is the value of its variable gateway_sites, in a file that terraform reads.",
		Example: "  terrace gateway sites --stage dev > iac/environments/dev/gateway.tfvars.json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			found, err := s.GatewaySites(ctx, stage)
			if err != nil {
				return err
			}
			file := map[string]any{"gateway_sites": found.Sites}
			if e.Format == output.Table {
				return output.Write(e.Out, output.JSON, file, nil)
			}
			return e.Print(file, nil)
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}
