package dns

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func networks(e *command.Env) *cobra.Command {
	return command.Group("network", "Networks: which addresses see which zones", setNetwork(e), listNetworks(e), deleteNetwork(e))
}

func setNetwork(e *command.Env) *cobra.Command {
	var in apiclient.SetDNSNetworkRequest
	c := &cobra.Command{
		Use: "set NETWORK --prefix CIDR", Short: "Add a network to a tenant, or change it, as an operator of the platform", Args: cobra.ExactArgs(1), ValidArgsFunction: offeredNetworks(e),
		Long: "A client belongs to the network with the longest prefix that has its address. With --recursion names that no zone has are\n" +
			"asked for at the forwarders; without, they are refused. --client-subnet is for networks of resolvers that say for whom they\n" +
			"ask, and has them believed. With --of it is of another tenant, with --in-project of a project of it.",
		Example: "  terrace dns network set hub --prefix 10.0.0.0/16 --recursion\n  terrace dns network set spoke --prefix 10.1.0.0/16 --prefix fd00:1::/48 --of acme",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			n, err := s.SetDNSNetwork(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(n, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "network %s has %s\n", n.Name, strings.Join(n.Prefixes, ", "))
			})
		}),
	}
	c.Flags().StringSliceVar(&in.Prefixes, "prefix", nil, "its addresses, in `CIDR` notation")
	c.Flags().BoolVar(&in.Recursion, "recursion", false, "ask forwarders about names that no zone has")
	c.Flags().BoolVar(&in.ClientSubnet, "client-subnet", false, "believe its clients, which are resolvers, for whom they ask")
	c.Flags().StringVar(&in.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	c.Flags().StringVar(&in.Project, "in-project", "", "the `project` that it belongs to; the whole tenant by default")
	_ = c.MarkFlagRequired("prefix") // the flag was made above
	return c
}

func listNetworks(e *command.Env) *cobra.Command {
	var tenant string
	c := &cobra.Command{
		Use: "list", Short: "List the networks that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    "With --of operators of the platform see those of another tenant.",
		Example: "  terrace dns network list\n  terrace dns network list --of acme",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSNetworks(ctx, tenant)
			return command.PrintFound(e, all, err, []string{"NETWORK", "OF", "PREFIXES", "RECURSION"}, func(n apiclient.DNSNetwork) []string {
				recursion := "no"
				if n.Recursion {
					recursion = "yes"
				}
				return []string{n.Name, ownerOf(n.Project), strings.Join(n.Prefixes, ", "), recursion}
			})
		}),
	}
	c.Flags().StringVar(&tenant, "of", "", "the `tenant` that they belong to; your own by default")
	return c
}

func deleteNetwork(e *command.Env) *cobra.Command {
	var p apiclient.DeleteDNSNetworkParams
	c := removed(e, "network", "delete NETWORK", "Remove a network that nothing uses, as an operator of the platform", "network delete spoke", offeredNetworks(e), func(ctx context.Context, s command.Server, name string) error {
		return s.DeleteDNSNetwork(ctx, name, p)
	})
	c.Flags().StringVar(&p.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	return c
}
