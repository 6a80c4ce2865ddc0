package dns

import (
	"cmp"
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

func zones(e *command.Env) *cobra.Command {
	return command.Group("zone", "Zones, and the networks that see them", createZone(e), setZone(e), listZones(e), showZone(e), link(e), unlink(e), secondaries(e), deleteZone(e))
}

// zoneFlags are the settings of a zone that flags have.
type zoneFlags struct {
	networks, servers, allow, notify []string
	everywhere                       bool
	start                            apiclient.DNSStart
}

func (f *zoneFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.servers, "name-server", nil, "`names` of the zone's servers (NS); by default that of the platform")
	c.Flags().StringSliceVar(&f.allow, "allow-transfer", nil, "`addresses` and networks that may copy the zone without a key")
	c.Flags().StringSliceVar(&f.notify, "notify", nil, "secondaries that are told of changes, `address:port`")
	c.Flags().StringVar(&f.start.Contact, "contact", "", "whom to write to about the zone, an `address` of mail")
	command.Number(c, &f.start.Minimum, "negative-ttl", 60, "seconds that the absence of a name may be kept", 1, 86400)
	command.Number(c, &f.start.TTL, "soa-ttl", 3600, "seconds that the zone's SOA may be kept", 1, 604800)
	command.Number(c, &f.start.Refresh, "refresh", 3600, "seconds after which a secondary looks for changes", 1, 604800)
	command.Number(c, &f.start.Retry, "retry", 600, "seconds after which a secondary tries again", 1, 604800)
	command.Number(c, &f.start.Expire, "expire", 1209600, "seconds after which a secondary gives the zone up", 1, 2419200)
	c.Flags().BoolVar(&f.everywhere, "everywhere", false, "have whoever asks see the zone; operators of the platform alone may")
}

func (f *zoneFlags) links() []apiclient.DNSLink {
	var all []apiclient.DNSLink
	for _, n := range f.networks {
		all = append(all, apiclient.DNSLink{Network: n})
	}
	return all
}

func createZone(e *command.Env) *cobra.Command {
	var f zoneFlags
	var tenant bool
	c := &cobra.Command{
		Use: "create ZONE", Short: "Add a zone, seen from networks", Args: cobra.ExactArgs(1),
		Long: "The zone belongs to the project, or with --tenant to the whole tenant. It is seen from the networks that are linked, and from\n" +
			"nowhere else. Which networks there are, operators of the platform say: terrace dns network.",
		Example: "  terrace dns zone create corp.internal --network hub --network spoke --tenant\n  terrace dns zone create shop.internal --network shop --notify 10.0.0.53:53",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			z, err := s.CreateDNSZone(ctx, apiclient.CreateDNSZoneRequest{
				Name: args[0], Project: project, Everywhere: f.everywhere, Links: f.links(), NameServers: f.servers,
				Start: &f.start, Secondary: &apiclient.DNSTransfer{Allow: f.allow, Notify: f.notify},
			})
			if err != nil {
				return err
			}
			return e.Print(z, func(w io.Writer) { _, _ = fmt.Fprintf(w, "zone %s is seen from %s\n", z.Name, seenFrom(z)) })
		}),
	}
	f.add(c)
	c.Flags().StringSliceVar(&f.networks, "network", nil, "`networks` that see the zone")
	_ = c.RegisterFlagCompletionFunc("network", command.ForFlag(offeredNetworks(e)))
	c.Flags().BoolVar(&tenant, "tenant", false, "for the whole tenant")
	return c
}

func setZone(e *command.Env) *cobra.Command {
	var f zoneFlags
	c := &cobra.Command{
		Use: "set ZONE", Short: "Change the settings of a zone that flags name; the others stay", Args: cobra.ExactArgs(1), ValidArgsFunction: offeredZones(e),
		Example: "  terrace dns zone set corp.internal --notify 10.0.0.53:53 --allow-transfer 10.0.0.53\n  terrace dns zone set corp.internal --notify ''",
	}
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
		z, err := s.DNSZone(ctx, args[0])
		if err != nil {
			return err
		}
		f.change(c, &z)
		z, err = s.SetDNSZone(ctx, args[0], apiclient.DNSZoneSettings{Everywhere: z.Everywhere, Links: z.Links, NameServers: z.NameServers, Start: &z.Start, Secondary: &z.Secondary})
		if err != nil {
			return err
		}
		return e.Print(z, func(w io.Writer) { showZoneOf(w, z) })
	})
	f.add(c)
	return c
}

// change changes of a zone what flags name.
func (f *zoneFlags) change(c *cobra.Command, z *apiclient.DNSZone) {
	for name, set := range map[string]func(){
		"name-server": func() { z.NameServers = f.servers }, "allow-transfer": func() { z.Secondary.Allow = f.allow }, "notify": func() { z.Secondary.Notify = f.notify },
		"contact": func() { z.Start.Contact = f.start.Contact }, "everywhere": func() { z.Everywhere = f.everywhere },
		"negative-ttl": func() { z.Start.Minimum = f.start.Minimum }, "soa-ttl": func() { z.Start.TTL = f.start.TTL },
		"refresh": func() { z.Start.Refresh = f.start.Refresh }, "retry": func() { z.Start.Retry = f.start.Retry }, "expire": func() { z.Start.Expire = f.start.Expire },
	} {
		if c.Flags().Changed(name) {
			set()
		}
	}
}

// seenFrom says who sees a zone.
func seenFrom(z apiclient.DNSZone) string {
	if z.Everywhere {
		return "everywhere"
	}
	names := make([]string, 0, len(z.Links))
	for _, l := range z.Links {
		name := l.Network
		if l.ResolutionPolicy != nil && *l.ResolutionPolicy == apiclient.DNSLinkPolicyNxDomainRedirect {
			name += " (" + string(*l.ResolutionPolicy) + ")"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "nowhere"
	}
	return strings.Join(names, ", ")
}

// ownerOf says whose something is.
func ownerOf(project string) string {
	if project == "" {
		return "tenant"
	}
	return project
}

func listZones(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the zones that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace dns zone list\n  terrace dns zone list -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.DNSZones(ctx)
			return command.PrintFound(e, all, err, []string{"ZONE", "OF", "SEEN FROM", "SERIAL", "AGE"}, func(z apiclient.DNSZone) []string {
				return []string{z.Name, ownerOf(z.Project), seenFrom(z), strconv.FormatInt(z.Serial, 10), output.Age(e.Clock.Now(), z.CreatedAt)}
			})
		}),
	}
}

func showZone(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "show ZONE", Short: "Show a zone with its settings", Args: cobra.ExactArgs(1), ValidArgsFunction: offeredZones(e),
		Example: "  terrace dns zone show corp.internal",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			z, err := s.DNSZone(ctx, args[0])
			if err != nil {
				return err
			}
			return e.Print(z, func(w io.Writer) { showZoneOf(w, z) })
		}),
	}
}

func showZoneOf(w io.Writer, z apiclient.DNSZone) {
	or := func(all []string, none string) string {
		if len(all) == 0 {
			return none
		}
		return strings.Join(all, ", ")
	}
	output.Pairs(w, "zone", z.Name, "of", ownerOf(z.Project), "seen from", seenFrom(z), "serial", strconv.FormatInt(z.Serial, 10),
		"name servers", or(z.NameServers, "the platform's"), "contact", cmp.Or(z.Start.Contact, "hostmaster@"+z.Name), "negative TTL", seconds(z.Start.Minimum, 60), "SOA TTL", seconds(z.Start.TTL, 3600),
		"refresh, retry, expire", seconds(z.Start.Refresh, 3600)+", "+seconds(z.Start.Retry, 600)+", "+seconds(z.Start.Expire, 1209600),
		"copied by", or(z.Secondary.Allow, "keys alone"), "told of changes", or(z.Secondary.Notify, "nobody"))
}

// seconds are a timer of a zone, or its default.
func seconds(n, usual int32) string { return strconv.Itoa(int(cmp.Or(n, usual))) + " s" }

func deleteZone(e *command.Env) *cobra.Command {
	var yes bool
	c := removed(e, "zone", "delete ZONE", "Remove a zone with its records and keys", "zone delete corp.internal --yes", offeredZones(e), func(ctx context.Context, s command.Server, name string) error {
		z, err := s.DNSZone(ctx, name)
		if err != nil {
			return err
		}
		if err := e.Confirm(yes, "Remove zone "+z.Name+", which is seen from "+seenFrom(z)+", with its records and keys?"); err != nil {
			return err
		}
		return s.DeleteDNSZone(ctx, name)
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
