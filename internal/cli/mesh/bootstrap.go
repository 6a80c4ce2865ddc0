package mesh

import (
	"cmp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// Whom a file is for.
const (
	forGRPC  = "grpc"
	forEnvoy = "envoy"
)

// starting is what a file says.
type starting struct {
	whom, identity string
	bootstrap.Envoy
}

// bootstrapFile is the command that writes what programs of gRPC, and Envoys, are started with.
func bootstrapFile(e *command.Env) *cobra.Command {
	var s starting
	c := &cobra.Command{
		Use: "bootstrap WORKLOAD", Short: "Write what a program of gRPC, or an Envoy, is started with to go by the mesh", Args: cobra.ExactArgs(1),
		Long: "For gRPC the file is for the variable GRPC_XDS_BOOTSTRAP of a process of the workload, whose clients then call xds:///SERVICE.\n" +
			"The folder --identity has svid.pem, svid_key.pem and svid_bundle.pem, which spiffe-helper keeps current.\n" +
			"An Envoy is started with its file by the workload's process, or beside it for the workload: its certificate comes from --workload-api.",
		Example: "  terrace mesh bootstrap web --server localhost:7083 --roots root.pem --identity /run/web > bootstrap.json\n" +
			"  terrace mesh bootstrap web --for envoy --server localhost:7083 --roots root.pem --workload-api /run/terrace/workload-api.sock \\\n" +
			"    --inbound 0.0.0.0:15443 --application 127.0.0.1:8080 > envoy.json",
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.fits(c.Flags()); err != nil {
				return err
			}
			s.Workload, s.Release = args[0], cmp.Or(s.Release, e.Files().Getenv("TERRACE_RELEASE"))
			file, err := s.file()
			if err != nil {
				return err
			}
			return output.Write(e.Out, output.JSON, file, nil)
		},
	}
	s.flags(c)
	return c
}

func (s *starting) flags(c *cobra.Command) {
	flags := c.Flags()
	command.Choice(c, &s.whom, "for", forGRPC, "what is started", forGRPC, forEnvoy)
	flags.StringVar(&s.Server, "server", "", "where the control plane tells how calls go, host:port: its setting xds")
	flags.StringVar(&s.Roots, "roots", "", "the file of the roots that the control plane's certificate comes from")
	flags.StringVar(&s.identity, "identity", "", "for gRPC, the folder of the workload's certificates")
	flags.StringVar(&s.Socket, "workload-api", "", "for an Envoy, the path of the socket of the Workload API, as SPIFFE_ENDPOINT_SOCKET says it")
	flags.StringVar(&s.Outbound, "outbound", "127.0.0.1:15001", "for an Envoy, where its process calls others, a loopback address")
	flags.StringVar(&s.Inbound, "inbound", "", "for an Envoy, where others come in; without it nobody does")
	flags.StringVar(&s.Application, "application", "", "for an Envoy, where its process listens itself")
	flags.BoolVar(&s.GRPC, "grpc", false, "for an Envoy, that its process speaks gRPC")
	flags.StringVar(&s.Release, "release", "", "for an Envoy, which release its process is of, for rollouts; empty is what TERRACE_RELEASE says")
	flags.StringVar(&s.Admin, "admin", "127.0.0.1:15000", "for an Envoy, where it tells how it is, a loopback address")
	flags.StringVar(&s.Zone, "zone", "local", "for an Envoy, the zone that it runs in")
	for _, flag := range []string{"server", "roots"} {
		_ = c.MarkFlagRequired(flag)
	}
	c.MarkFlagsOneRequired("identity", "workload-api")
	c.MarkFlagsMutuallyExclusive("identity", "workload-api")
	_ = c.MarkFlagFilename("roots")
	_ = c.MarkFlagFilename("workload-api")
	_ = c.MarkFlagDirname("identity")
}

// fits refuses flags that are for an Envoy alone where the file is for another one.
func (s *starting) fits(flags *pflag.FlagSet) error {
	if s.whom == forEnvoy {
		return nil
	}
	for _, name := range []string{"inbound", "application", "outbound", "grpc", "release", "admin", "zone"} {
		if flags.Changed(name) {
			return exit.Wrong("--%s is for an Envoy, and a program of gRPC needs none", name).WithFix("remove it, or write the file with --for envoy")
		}
	}
	return nil
}

func (s *starting) file() (any, error) {
	switch {
	case s.whom == forEnvoy && s.Socket == "":
		return nil, exit.Wrong("an Envoy has its certificate of the Workload API").WithFix("give the path of its socket with --workload-api in place of --identity")
	case s.whom == forGRPC && s.identity == "":
		return nil, exit.Wrong("a program of gRPC reads its certificate from files").WithFix("give their folder with --identity in place of --workload-api, or write the file --for envoy")
	case s.whom == forGRPC:
		return bootstrap.New(s.Server, s.Roots, s.Workload, bootstrap.Within(s.identity)), nil
	}
	file, err := s.Envoy.File()
	if err != nil {
		return nil, &exit.UsageError{Err: err}
	}
	return file, nil
}
