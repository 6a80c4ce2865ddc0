// Package dns has the commands terrace dns ….
//
// It owns flags, tables and the words in which a resolution is explained. Who sees which zone,
// and what a record may be, is the server's.
package dns

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Command returns terrace dns.
func Command(e *command.Env) *cobra.Command {
	return command.Group("dns", "Private DNS: zones, records, networks, private endpoints, and why a name is what it is",
		zones(e), records(e), networks(e), forwarders(e), keys(e), endpoints(e), why(e), importFile(e), export(e))
}

// removed makes the command that removes one thing: NAME.
func removed(e *command.Env, what, use, short, example string, offer command.Completion, remove func(ctx context.Context, s command.Server, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: "  terrace dns " + example, Aliases: []string{"rm"}, Args: cobra.ExactArgs(1), ValidArgsFunction: offer,
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
	return e.OfferAtServer(func(ctx context.Context, s command.Server) ([]string, error) {
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
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSNetwork, error) {
		return s.DNSNetworks(ctx, "")
	}, func(n apiclient.DNSNetwork) string { return n.Name })
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

// inTurn offers for each argument what is in its place, and nothing beyond.
func inTurn(offers ...command.Completion) command.Completion {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(offers) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offers[len(args)](c, nil, typed)
	}
}
