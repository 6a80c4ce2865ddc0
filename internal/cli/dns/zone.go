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

func zones(e *command.Env) *cobra.Command {
	return command.Group("zone", "Zones, and the networks that see them", createZone(e), setZone(e), listZones(e), showZone(e), link(e), unlink(e), secondaries(e),
		removed(e, "zone", "delete ZONE", "Remove a zone with its records and keys", offeredZones(e), func(ctx context.Context, s command.Server, name string) error { return s.DeleteDNSZone(ctx, name) }))
}

// zoneFlags are the settings of a zone that flags have.
type zoneFlags struct {
	networks, servers, allow, notify []string
	contact                          string
	everywhere                       bool
	minimum                          int32
}

func (f *zoneFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.servers, "name-server", nil, "`names` of the zone's servers (NS); by default that of the platform")
	c.Flags().StringSliceVar(&f.allow, "allow-transfer", nil, "`addresses` and networks that may copy the zone without a key")
	c.Flags().StringSliceVar(&f.notify, "notify", nil, "secondaries that are told of changes, `address:port`")
	c.Flags().StringVar(&f.contact, "contact", "", "whom to write to about the zone, an `address` of mail")
	c.Flags().Int32Var(&f.minimum, "negative-ttl", 0, "`seconds` that the absence of a name may be kept; 60 by default")
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
				Start: &apiclient.DNSStart{Contact: f.contact, Minimum: f.minimum}, Secondary: &apiclient.DNSTransfer{Allow: f.allow, Notify: f.notify},
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
		"contact": func() { z.Start.Contact = f.contact }, "negative-ttl": func() { z.Start.Minimum = f.minimum }, "everywhere": func() { z.Everywhere = f.everywhere },
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
		"name servers", or(z.NameServers, "the platform's"), "copied by", or(z.Secondary.Allow, "keys alone"), "told of changes", or(z.Secondary.Notify, "nobody"))
}

func link(e *command.Env) *cobra.Command {
	policy := apiclient.DNSLinkPolicyDefault
	c := &cobra.Command{
		Use: "link ZONE NETWORK", Short: "Have a network see a zone", Args: cobra.ExactArgs(2), ValidArgsFunction: offeredZones(e),
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
		Use: "unlink ZONE NETWORK", Short: "Have a network not see a zone any more", Args: cobra.ExactArgs(2), ValidArgsFunction: offeredZones(e),
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
	c.Flags().Int32Var(&in.TTL, "ttl", 0, "`seconds` that they may be kept; 300 by default")
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
		Example: "  terrace dns record delete web A --zone corp.internal",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := s.DeleteDNSRecord(ctx, zone, args[0], args[1], p); err != nil {
				return err
			}
			return e.Print(map[string]string{"deleted": args[0] + " " + args[1]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "record %s %s deleted\n", args[0], args[1]) })
		}),
	}
	zoneFlag(e, c, &zone)
	networkFlag(e, c, &p.Network, "the `network` whose records they are")
	return c
}
