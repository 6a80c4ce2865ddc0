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
			return e.Print(n, func(w io.Writer) { _, _ = fmt.Fprintf(w, "network %s has %s\n", n.Name, strings.Join(n.Prefixes, ", ")) })
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
	return &cobra.Command{
		Use: "list", Short: "List the networks that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns network list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSNetworks(ctx)
			return command.PrintFound(e, all, err, []string{"NETWORK", "OF", "PREFIXES", "RECURSION"}, func(n apiclient.DNSNetwork) []string {
				recursion := "no"
				if n.Recursion {
					recursion = "yes"
				}
				return []string{n.Name, ownerOf(n.Project), strings.Join(n.Prefixes, ", "), recursion}
			})
		}),
	}
}

func deleteNetwork(e *command.Env) *cobra.Command {
	var p apiclient.DeleteDNSNetworkParams
	c := removed(e, "network", "delete NETWORK", "Remove a network that nothing uses, as an operator of the platform", offeredNetworks(e), func(ctx context.Context, s command.Server, name string) error {
		return s.DeleteDNSNetwork(ctx, name, p)
	})
	c.Flags().StringVar(&p.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	return c
}

func forwarders(e *command.Env) *cobra.Command {
	return command.Group("forwarder", "Forwarders: who is asked about names that no zone has", setForwarder(e), listForwarders(e), deleteForwarder(e))
}

func setForwarder(e *command.Env) *cobra.Command {
	var in apiclient.SetDNSForwarderRequest
	c := &cobra.Command{
		Use: "set DOMAIN --server SERVER", Short: "Say who is asked about names of a domain, as an operator of the platform", Args: cobra.ExactArgs(1),
		Long: "DOMAIN . is all names; the closest domain counts. Servers are asked in turn: udp://10.0.0.1 (over TCP where an answer does not\n" +
			"fit), tcp://10.0.0.1:53 or tls://10.0.0.1:853#NAME, with the name that its certificate is for.",
		Example: "  terrace dns forwarder set . --server udp://10.0.0.10 --server udp://10.0.0.11\n  terrace dns forwarder set . --server tls://9.9.9.9#dns.quad9.net --network hub",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			f, err := s.SetDNSForwarder(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(f, func(w io.Writer) { _, _ = fmt.Fprintf(w, "names of %s are asked for at %s\n", f.Domain, strings.Join(f.Servers, ", ")) })
		}),
	}
	c.Flags().StringSliceVar(&in.Servers, "server", nil, "who is asked, `protocol://address`")
	c.Flags().StringSliceVar(&in.Networks, "network", nil, "for which `networks`; by default for all of the tenant")
	c.Flags().StringVar(&in.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	_ = c.RegisterFlagCompletionFunc("network", command.ForFlag(offeredNetworks(e)))
	_ = c.MarkFlagRequired("server") // the flag was made above
	return c
}

func offeredForwarders(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSForwarder, error) { return s.DNSForwarders(ctx) }, func(f apiclient.DNSForwarder) string { return f.Domain })
}

func listForwarders(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the forwarders", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns forwarder list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSForwarders(ctx)
			return command.PrintFound(e, all, err, []string{"DOMAIN", "SERVERS", "NETWORKS"}, func(f apiclient.DNSForwarder) []string {
				networks := "all"
				if len(f.Networks) > 0 {
					networks = strings.Join(f.Networks, ", ")
				}
				return []string{f.Domain, strings.Join(f.Servers, ", "), networks}
			})
		}),
	}
}

func deleteForwarder(e *command.Env) *cobra.Command {
	var p apiclient.DeleteDNSForwarderParams
	c := removed(e, "forwarder", "delete DOMAIN", "Have nobody asked about names of a domain, as an operator of the platform", offeredForwarders(e), func(ctx context.Context, s command.Server, name string) error {
		return s.DeleteDNSForwarder(ctx, name, p)
	})
	c.Flags().StringVar(&p.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	return c
}

func keys(e *command.Env) *cobra.Command {
	return command.Group("key", "Keys that sign dynamic updates and transfers (TSIG)", createKey(e), listKeys(e),
		removed(e, "key", "delete KEY", "Remove a key: what it signs is refused from then on", offeredKeys(e), func(ctx context.Context, s command.Server, name string) error { return s.DeleteDNSKey(ctx, name) }))
}

func offeredKeys(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSKey, error) { return s.DNSKeys(ctx) }, func(k apiclient.DNSKey) string { return k.Name })
}

func createKey(e *command.Env) *cobra.Command {
	var in apiclient.CreateDNSKeyRequest
	in.Algorithm = apiclient.CreateDNSKeyRequestAlgorithmHmacSha256
	c := &cobra.Command{
		Use: "create KEY --zone ZONE", Short: "Make a key for a zone; its secret is shown this once", Args: cobra.ExactArgs(1),
		Long: "--update names what it may change: names in the zone, of which *.NAME stands for NAME and all below, and * for the whole zone.\n" +
			"What is printed is as nsupdate -k and named read it.",
		Example: "  terrace dns key create ci --zone corp.internal --update '*.apps' --type A --type AAAA\n  terrace dns key create secondary --zone corp.internal --transfer > transfer.key",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			in.Name = args[0]
			k, err := s.CreateDNSKey(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(k, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "key \"%s\" {\n\talgorithm %s;\n\tsecret \"%s\";\n};\n", k.KeyName, k.Algorithm, k.Secret)
			})
		}),
	}
	zoneFlag(e, c, &in.Zone)
	c.Flags().StringSliceVar(&in.Update, "update", nil, "`names` that it may change")
	c.Flags().StringSliceVar(&in.Types, "type", nil, "`types` that it may change; all by default")
	c.Flags().BoolVar(&in.Transfer, "transfer", false, "let it copy the zone")
	command.Choice(c, &in.Algorithm, "algorithm", in.Algorithm, "the algorithm of its signatures",
		apiclient.CreateDNSKeyRequestAlgorithmHmacSha256, apiclient.CreateDNSKeyRequestAlgorithmHmacSha384, apiclient.CreateDNSKeyRequestAlgorithmHmacSha512)
	return c
}

func listKeys(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the keys that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns key list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSKeys(ctx)
			return command.PrintFound(e, all, err, []string{"KEY", "ZONE", "ALGORITHM", "MAY CHANGE", "MAY COPY", "AGE"}, func(k apiclient.DNSKey) []string {
				transfer := "no"
				if k.Transfer {
					transfer = "yes"
				}
				return []string{k.Name, k.Zone, k.Algorithm, strings.Join(append(append([]string{}, k.Update...), k.Types...), " "), transfer, output.Age(e.Clock.Now(), k.CreatedAt)}
			})
		}),
	}
}

func endpoints(e *command.Env) *cobra.Command {
	return command.Group("endpoint", "Private endpoints: addresses in networks at which services are reached", createEndpoint(e), listEndpoints(e),
		removed(e, "private endpoint", "delete ENDPOINT", "Remove a private endpoint with its record", offeredEndpoints(e), func(ctx context.Context, s command.Server, name string) error {
			return s.DeleteDNSEndpoint(ctx, name)
		}))
}

func offeredEndpoints(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSEndpoint, error) { return s.DNSEndpoints(ctx) }, func(n apiclient.DNSEndpoint) string { return n.Name })
}

func createEndpoint(e *command.Env) *cobra.Command {
	var in apiclient.CreateDNSEndpointRequest
	var tenant bool
	c := &cobra.Command{
		Use: "create ENDPOINT --service NAME --group GROUP --network NETWORK --address ADDRESS", Short: "Add a private endpoint with its record", Args: cobra.ExactArgs(1),
		Long: "Its record is in the privatelink zone of the group, which is made where there is none, linked to the network. Networks that are\n" +
			"linked to the zone get the endpoint's address for the service's public name; others what the Internet says.",
		Example: "  terrace dns endpoint create store --service stordata --group blob --network hub --address 10.0.4.4 --tenant\n" +
			"  terrace dns endpoint create api --service k8s --zone privatelink.westeurope.azmk8s.io --network hub --address 10.0.4.5",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Name, in.Project = args[0], project
			p, err := s.CreateDNSEndpoint(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(p, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s.%s is %s\n", p.Service, p.Zone, strings.Join(p.Addresses, ", ")) })
		}),
	}
	c.Flags().StringVar(&in.Service, "service", "", "the service's `name`: its first part, or its public name")
	c.Flags().StringVar(&in.Group, "group", "", "which part of the service it is, Azure's `group` id: blob, vault, mysqlServer")
	c.Flags().StringVar(&in.Zone, "zone", "", "the privatelink `zone` of its record; by default that of the group")
	c.Flags().StringSliceVar(&in.Addresses, "address", nil, "its `addresses` in the network")
	c.Flags().BoolVar(&tenant, "tenant", false, "for the whole tenant")
	networkFlag(e, c, &in.Network, "the `network` that it lies in")
	for _, name := range []string{"service", "address", "network"} {
		_ = c.MarkFlagRequired(name) // the flags were made above
	}
	return c
}

func listEndpoints(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the private endpoints that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns endpoint list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSEndpoints(ctx)
			return command.PrintFound(e, all, err, []string{"ENDPOINT", "OF", "SERVICE", "GROUP", "ZONE", "NETWORK", "ADDRESSES"}, func(p apiclient.DNSEndpoint) []string {
				return []string{p.Name, ownerOf(p.Project), p.Service, p.Group, p.Zone, p.Network, strings.Join(p.Addresses, ", ")}
			})
		}),
	}
}
