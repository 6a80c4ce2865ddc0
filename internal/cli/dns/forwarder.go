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
			return e.Print(f, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "names of %s are asked for at %s\n", f.Domain, strings.Join(f.Servers, ", "))
			})
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
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSForwarder, error) {
		return s.DNSForwarders(ctx, "")
	}, func(f apiclient.DNSForwarder) string { return f.Domain })
}

func listForwarders(e *command.Env) *cobra.Command {
	var tenant string
	c := &cobra.Command{
		Use: "list", Short: "List the forwarders", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    "With --of operators of the platform see those of another tenant.",
		Example: "  terrace dns forwarder list\n  terrace dns forwarder list --of acme",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSForwarders(ctx, tenant)
			return command.PrintFound(e, all, err, []string{"DOMAIN", "SERVERS", "NETWORKS"}, func(f apiclient.DNSForwarder) []string {
				networks := "all"
				if len(f.Networks) > 0 {
					networks = strings.Join(f.Networks, ", ")
				}
				return []string{f.Domain, strings.Join(f.Servers, ", "), networks}
			})
		}),
	}
	c.Flags().StringVar(&tenant, "of", "", "the `tenant` that they are for; your own by default")
	return c
}

func deleteForwarder(e *command.Env) *cobra.Command {
	var p apiclient.DeleteDNSForwarderParams
	c := removed(e, "forwarder", "delete DOMAIN", "Have nobody asked about names of a domain, as an operator of the platform", "forwarder delete corp.example", offeredForwarders(e), func(ctx context.Context, s command.Server, name string) error {
		return s.DeleteDNSForwarder(ctx, name, p)
	})
	c.Flags().StringVar(&p.Tenant, "of", "", "the `tenant` that it belongs to; your own by default")
	return c
}
