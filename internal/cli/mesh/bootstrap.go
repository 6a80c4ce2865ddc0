package mesh

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// bootstrapFile is the command that writes what programs of gRPC are started with.
func bootstrapFile(e *command.Env) *cobra.Command {
	var server, roots, identity string
	c := &cobra.Command{
		Use: "bootstrap WORKLOAD", Short: "Write what a program of gRPC is started with to go by the mesh", Args: cobra.ExactArgs(1),
		Long: "The file is for the variable GRPC_XDS_BOOTSTRAP of a process of the workload, whose clients then call xds:///SERVICE.\n" +
			"The folder --identity has svid.pem, svid_key.pem and svid_bundle.pem, which spiffe-helper keeps current.",
		Example: "  terrace mesh bootstrap web --server localhost:7083 --roots root.pem --identity /run/web > bootstrap.json",
		RunE: func(_ *cobra.Command, args []string) error {
			return output.Write(e.Out, output.JSON, bootstrap.New(server, roots, args[0], bootstrap.Within(identity)), nil)
		},
	}
	c.Flags().StringVar(&server, "server", "", "where the control plane tells how calls go, host:port: its setting xds")
	c.Flags().StringVar(&roots, "roots", "", "the file of the roots that the control plane's certificate comes from")
	c.Flags().StringVar(&identity, "identity", "", "the folder of the workload's certificates")
	for _, flag := range []string{"server", "roots", "identity"} {
		_ = c.MarkFlagRequired(flag)
	}
	_ = c.MarkFlagFilename("roots")
	_ = c.MarkFlagDirname("identity")
	return c
}
