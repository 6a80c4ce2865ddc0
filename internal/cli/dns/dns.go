// Package dns has the commands terrace dns ….
//
// It owns flags, tables and the words in which a resolution is explained. Who sees which zone,
// and what a record may be, is the server's.
package dns

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace dns.
func Command(e *command.Env) *cobra.Command {
	return command.Group("dns", "Private DNS: zones, records, networks, private endpoints, and why a name is what it is",
		zones(e), records(e), networks(e), forwarders(e), keys(e), endpoints(e), why(e), importFile(e), export(e))
}

// removed makes the command that removes one thing: NAME.
func removed(e *command.Env, what, use, short string, offer command.Completion, remove func(ctx context.Context, s command.Server, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Aliases: []string{"rm"}, Args: cobra.ExactArgs(1), ValidArgsFunction: offer,
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := remove(ctx, s, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"deleted": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s %s deleted\n", what, args[0]) })
		}),
	}
}

// offered offers the names of things.
func offered[T any](e *command.Env, list func(s command.Server, ctx context.Context) ([]T, error), name func(T) string) command.Completion {
	return e.Offer(func(ctx context.Context, s command.Server, _ string) ([]string, error) {
		all, err := list(s, ctx)
		names := make([]string, 0, len(all))
		for _, v := range all {
			names = append(names, name(v))
		}
		return names, err
	})
}

func offeredZones(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSZone, error) { return s.DNSZones(ctx) }, func(z apiclient.DNSZone) string { return z.Name })
}

func offeredNetworks(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSNetwork, error) { return s.DNSNetworks(ctx) }, func(n apiclient.DNSNetwork) string { return n.Name })
}

// zoneFlag adds --zone.
func zoneFlag(e *command.Env, c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "zone", "", "the `zone`")
	_ = c.MarkFlagRequired("zone") // the flag was made above
	_ = c.RegisterFlagCompletionFunc("zone", command.ForFlag(offeredZones(e)))
}

// networkFlag adds --network.
func networkFlag(e *command.Env, c *cobra.Command, to *string, usage string) {
	c.Flags().StringVar(to, "network", "", usage)
	_ = c.RegisterFlagCompletionFunc("network", command.ForFlag(offeredNetworks(e)))
}

func why(e *command.Env) *cobra.Command {
	var p apiclient.ExplainDNSNameParams
	c := &cobra.Command{
		Use: "why NAME", Short: "Explain how a name is resolved from a network, step by step", Args: cobra.ExactArgs(1),
		Long: "It tells which zone has the name, why that zone is seen from there, where aliases lead, what forwarders say, and what to do\n" +
			"where the answer is not what was wanted. --from is a network's name or the address of a client.",
		Example: "  terrace dns why stordata.blob.core.windows.net --from spoke\n  terrace dns why web.corp.internal --type AAAA --from 10.1.0.7\n  terrace dns why web.corp.internal -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			p.Name = args[0]
			found, err := s.ExplainDNSName(ctx, p)
			if err != nil {
				return err
			}
			return e.Print(found, func(w io.Writer) { showWhy(w, found) })
		}),
	}
	c.Flags().StringVar(&p.From, "from", "", "the `network`, or the address of a client; by default one that is in no network")
	c.Flags().StringVar(&p.Type, "type", "A", "the `type` of record")
	_ = c.RegisterFlagCompletionFunc("from", command.ForFlag(offeredNetworks(e)))
	return c
}

func showWhy(w io.Writer, found apiclient.DNSWhy) {
	from := "an address that is in no network"
	if found.Network != "" {
		from = "network " + found.Network
	}
	_, _ = fmt.Fprintf(w, "%s %s from %s\n", found.Name, found.Type, from)
	for i, step := range found.Steps {
		_, _ = fmt.Fprintf(w, "%3d. %s: %s\n", i+1, output.Line(step.Name), output.Line(step.Text))
		for _, record := range step.Records {
			_, _ = fmt.Fprintf(w, "       %s\n", output.Line(record))
		}
	}
	_, _ = fmt.Fprintf(w, "answer: %s\n", found.Code)
	for _, record := range found.Answer {
		_, _ = fmt.Fprintf(w, "  %s\n", output.Line(record))
	}
	if len(found.Advice) > 0 {
		_, _ = fmt.Fprintf(w, "if that is not what you want:\n  %s\n", strings.Join(found.Advice, "\n  "))
	}
}

// mostFile is how large a zone file may be, as the server has it.
const mostFile = 4 << 20

func importFile(e *command.Env) *cobra.Command {
	var in apiclient.ImportDNSZoneRequest
	c := &cobra.Command{
		Use: "import ZONE FILE", Short: "Take the records of a zone file into a zone", Args: cobra.ExactArgs(2), ValidArgsFunction: offeredZones(e),
		Long: "The file is as RFC 1035 has it; - is the input. Its SOA and the NS of the zone itself are ignored: they follow from the zone's\n" +
			"settings. Record sets that the file has are added or changed. With --replace all others are removed, save those of networks\n" +
			"and of private endpoints. Of a file with a mistake nothing is taken.",
		Example: "  terrace dns import corp.internal corp.zone\n  terrace dns import corp.internal corp.zone --replace",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			text, err := e.ReadSource(args[1], mostFile)
			if err != nil {
				return err
			}
			in.Source = string(text)
			out, err := s.ImportDNSZone(ctx, args[0], in)
			if err != nil {
				return err
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
