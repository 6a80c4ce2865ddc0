package dns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// mostFile is how large a zone file may be, as the server has it.
const mostFile = 4 << 20

func importFile(e *command.Env) *cobra.Command {
	var in apiclient.ImportDNSZoneRequest
	c := &cobra.Command{
		Use: "import ZONE FILE", Short: "Take the records of a zone file into a zone", Args: cobra.ExactArgs(2), ValidArgsFunction: inTurn(offeredZones(e), offeredFiles()),
		Long: "The file is as RFC 1035 has it; - is the input. Its SOA and the NS of the zone itself are ignored: they follow from the zone's\n" +
			"settings. Record sets that the file has are added or changed. With --replace all others are removed, save those of networks\n" +
			"and of private endpoints. Of a file with a mistake nothing is taken.",
		Example: "  terrace dns import corp.internal corp.zone\n  terrace dns import corp.internal corp.zone --replace",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			text, err := e.ReadSource(args[1], mostFile)
			if err != nil {
				return err
			}
			if in.Source = string(text); strings.TrimSpace(in.Source) == "" {
				return command.InFile(args[1], "write records into it; without any, remove the zone with terrace dns zone delete", "the zone file is empty")
			}
			out, err := s.ImportDNSZone(ctx, args[0], in)
			if err != nil {
				return inFile(err, args[1])
			}
			return e.Print(out, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s set, %d deleted, %d as before, %s of the zone itself ignored\n", output.Count(int(out.Set), "record set"), out.Deleted, out.Unchanged, output.Count(int(out.Ignored), "record"))
			})
		}),
	}
	c.Flags().BoolVar(&in.Replace, "replace", false, "remove the records that the file does not have")
	return c
}

func export(e *command.Env) *cobra.Command {
	var p apiclient.ExportDNSZoneParams
	c := &cobra.Command{
		Use: "export ZONE", Short: "Write a zone as a zone file", Args: cobra.ExactArgs(1), ValidArgsFunction: offeredZones(e),
		Example: "  terrace dns export corp.internal > corp.zone\n  terrace dns export corp.internal --network spoke",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			out, err := s.ExportDNSZone(ctx, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(out, func(w io.Writer) { _, _ = io.WriteString(w, out.Source) })
		}),
	}
	networkFlag(e, c, &p.Network, "as this `network` sees the zone; by default as all do")
	return c
}

func offeredFiles() command.Completion {
	return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
}

// inFile says of what is wrong with a zone file which file that is.
func inFile(err error, path string) error {
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || told.Kind != kernel.Invalid {
		return err
	}
	for i := range told.Problems {
		told.Problems[i].File = path
	}
	return err
}
