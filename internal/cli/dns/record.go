package dns

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func records(e *command.Env) *cobra.Command {
	return command.Group("record", "Records of zones", setRecord(e), listRecords(e), deleteRecord(e))
}

func setRecord(e *command.Env) *cobra.Command {
	var zone string
	var in apiclient.SetDNSRecordRequest
	c := &cobra.Command{
		Use: "set NAME TYPE VALUE...", Short: "Make a record set, or change it", Args: cobra.MinimumNArgs(3),
		Long: "NAME is in full or relative to the zone; @ is the zone itself, and a star in front stands for all names below. Values are as\n" +
			"zone files have them; a text without quotes is one text of any length. With --network only that network sees them, in the\n" +
			"place of what others see.",
		Example: "  terrace dns record set web A 10.0.0.1 10.0.0.2 --zone corp.internal\n  terrace dns record set @ MX '10 mail.corp.internal.' --zone corp.internal\n" +
			"  terrace dns record set web A 10.1.0.1 --zone corp.internal --network spoke",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Values = args[2:]
			h, err := s.SetDNSRecord(ctx, zone, args[0], args[1], in)
			if err != nil {
				return err
			}
			return e.Print(h, func(w io.Writer) {
				for _, v := range h.Values {
					_, _ = fmt.Fprintf(w, "%s %d %s %s\n", h.Name, h.TTL, h.Type, output.Line(v))
				}
			})
		}),
	}
	zoneFlag(e, c, &zone)
	networkFlag(e, c, &in.Network, "the `network` that sees these records in the place of what others see")
	command.ChoiceArgument(c, 1, types()...)
	command.Number(c, &in.TTL, "ttl", 300, "seconds that they may be kept", 1, 604800)
	return c
}

func listRecords(e *command.Env) *cobra.Command {
	var zone, prefix string
	c := &cobra.Command{
		Use: "list", Short: "List the record sets of a zone", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns record list --zone corp.internal\n  terrace dns record list --zone corp.internal --prefix web",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSRecords(ctx, zone, prefix)
			return command.PrintFound(e, all, err, []string{"NAME", "TTL", "TYPE", "VALUES", "NETWORK", "ENDPOINT"}, func(h apiclient.DNSHeld) []string {
				return []string{h.Name, strconv.Itoa(int(h.TTL)), h.Type, output.Line(strings.Join(h.Values, ", ")), h.Network, h.Endpoint}
			})
		}),
	}
	zoneFlag(e, c, &zone)
	c.Flags().StringVar(&prefix, "prefix", "", "only names that begin with this `text`")
	return c
}

func deleteRecord(e *command.Env) *cobra.Command {
	var zone string
	var p apiclient.DeleteDNSRecordParams
	c := &cobra.Command{
		Use: "delete NAME TYPE", Short: "Remove a record set", Aliases: []string{"rm"}, Args: cobra.ExactArgs(2),
		Example: "  terrace dns record delete web A --zone corp.internal\n  terrace dns record delete web A --zone corp.internal --network spoke",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := s.DeleteDNSRecord(ctx, zone, args[0], args[1], p); err != nil {
				return err
			}
			return e.Print(map[string]string{"deleted": args[0] + " " + args[1]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "record %s %s deleted\n", args[0], args[1]) })
		}),
	}
	zoneFlag(e, c, &zone)
	networkFlag(e, c, &p.Network, "the `network` whose records they are")
	command.ChoiceArgument(c, 1, types()...)
	return c
}

// types are those that records may have.
func types() []string {
	return []string{"A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"}
}
