package dns

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

func link(e *command.Env) *cobra.Command {
	policy := apiclient.DNSLinkPolicyDefault
	c := &cobra.Command{
		Use: "link ZONE NETWORK", Short: "Have a network see a zone", Args: cobra.ExactArgs(2), ValidArgsFunction: inTurn(offeredZones(e), offeredNetworks(e)),
		Long:    "With --resolution-policy NxDomainRedirect names that the zone does not have are asked for elsewhere, instead of denied.",
		Example: "  terrace dns zone link privatelink.blob.core.windows.net spoke\n  terrace dns zone link privatelink.blob.core.windows.net spoke --resolution-policy NxDomainRedirect",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			z, err := s.LinkDNSZone(ctx, args[0], args[1], apiclient.LinkDNSZoneRequest{ResolutionPolicy: &policy})
			if err != nil {
				return err
			}
			return e.Print(z, func(w io.Writer) { _, _ = fmt.Fprintf(w, "zone %s is seen from %s\n", z.Name, seenFrom(z)) })
		}),
	}
	command.Choice(c, &policy, "resolution-policy", policy, "what becomes of names that the zone does not have", apiclient.DNSLinkPolicyDefault, apiclient.DNSLinkPolicyNxDomainRedirect)
	return c
}

func unlink(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "unlink ZONE NETWORK", Short: "Have a network not see a zone any more", Args: cobra.ExactArgs(2), ValidArgsFunction: inTurn(offeredZones(e), offeredNetworks(e)),
		Example: "  terrace dns zone unlink corp.internal spoke",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			z, err := s.UnlinkDNSZone(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return e.Print(z, func(w io.Writer) { _, _ = fmt.Fprintf(w, "zone %s is seen from %s\n", z.Name, seenFrom(z)) })
		}),
	}
}

func secondaries(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "secondaries ZONE", Short: "Ask the secondaries of a zone how far they are", Args: cobra.ExactArgs(1), ValidArgsFunction: offeredZones(e),
		Example: "  terrace dns zone secondaries corp.internal",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			found, err := s.CheckDNSSecondaries(ctx, args[0])
			return command.PrintFound(e, found.Secondaries, err, []string{"ADDRESS", "SERIAL", "STANDING"}, func(st apiclient.DNSStanding) []string {
				standing := "out of date"
				if st.Error != "" {
					standing = st.Error
				} else if st.Current {
					standing = "current"
				}
				return []string{st.Address, strconv.FormatInt(st.Serial, 10), standing}
			})
		}),
	}
}
