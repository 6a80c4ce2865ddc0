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

func endpoints(e *command.Env) *cobra.Command {
	return command.Group("endpoint", "Private endpoints: addresses in networks at which services are reached", createEndpoint(e), listEndpoints(e),
		removed(e, "private endpoint", "delete ENDPOINT", "Remove a private endpoint with its record", "endpoint delete store", offeredEndpoints(e), func(ctx context.Context, s command.Server, name string) error {
			return s.DeleteDNSEndpoint(ctx, name)
		}))
}

func offeredEndpoints(e *command.Env) command.Completion {
	return offered(e, func(s command.Server, ctx context.Context) ([]apiclient.DNSEndpoint, error) {
		return s.DNSEndpoints(ctx)
	}, func(n apiclient.DNSEndpoint) string { return n.Name })
}

func createEndpoint(e *command.Env) *cobra.Command {
	var in apiclient.CreateDNSEndpointRequest
	var tenant bool
	c := &cobra.Command{
		Use: "create ENDPOINT --service NAME --group GROUP --network NETWORK --ip ADDRESS", Short: "Add a private endpoint with its record", Args: cobra.ExactArgs(1),
		Long: "Its record is in the privatelink zone of the group, which is made where there is none, linked to the network. Networks that are\n" +
			"linked to the zone get the endpoint's address for the service's public name; others what the Internet says.",
		Example: "  terrace dns endpoint create store --service stordata --group blob --network hub --ip 10.0.4.4 --tenant\n" +
			"  terrace dns endpoint create api --service k8s --zone privatelink.westeurope.azmk8s.io --network hub --ip 10.0.4.5",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Name, in.Project = args[0], project
			p, err := s.CreateDNSEndpoint(ctx, in)
			if err != nil {
				return ofIP(err)
			}
			return e.Print(p, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s.%s is %s\n", p.Service, p.Zone, strings.Join(p.Addresses, ", "))
			})
		}),
	}
	c.Flags().StringVar(&in.Service, "service", "", "the service's `name`: its first part, or its public name")
	c.Flags().StringVar(&in.Group, "group", "", "which part of the service it is, Azure's `group` id: blob, vault, mysqlServer")
	c.Flags().StringVar(&in.Zone, "zone", "", "the privatelink `zone` of its record; by default that of the group")
	c.Flags().StringSliceVar(&in.Addresses, "ip", nil, "its `addresses` in the network")
	c.Flags().BoolVar(&tenant, "tenant", false, "for the whole tenant")
	networkFlag(e, c, &in.Network, "the `network` that it lies in")
	for _, name := range []string{"service", "ip", "network"} {
		_ = c.MarkFlagRequired(name) // the flags were made above
	}
	return c
}

func listEndpoints(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the private endpoints that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    "Those of stages follow what is deployed there. One that has no place yet says why it is not answered, and what to do.",
		Example: "  terrace dns endpoint list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSEndpoints(ctx)
			return command.PrintFound(e, all, err, []string{"ENDPOINT", "OF", "SERVICE", "GROUP", "ZONE", "NETWORK", "ADDRESSES", "DEPLOYED"}, func(p apiclient.DNSEndpoint) []string {
				return []string{p.Name, ownerOf(p.Project), p.Service, p.Group, p.Zone, p.Network, strings.Join(p.Addresses, ", "), deployedOf(p)}
			})
		}),
	}
}

// deployedOf is what an endpoint is deployed with, and why it is not answered; "" for one that a
// person has made.
func deployedOf(p apiclient.DNSEndpoint) string {
	text := ""
	if p.Stage != "" {
		text = p.Workload + " on " + p.Stage
	}
	if p.Problem != "" {
		text += ", not answered: " + output.Line(p.Problem+"; "+p.Fix)
	}
	return text
}

// ofIP says of what is wrong with addresses which flag they are of: --address is the server's.
func ofIP(err error) error {
	if told, ok := errors.AsType[*kernel.Error](err); ok {
		for i, p := range told.Problems {
			if strings.HasPrefix(strings.TrimPrefix(p.Path, "body."), "addresses") {
				told.Problems[i].Path = "--ip"
			}
		}
	}
	return err
}
