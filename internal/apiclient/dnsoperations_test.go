package apiclient_test

import (
	"context"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// dnsCalls are those about DNS.
func dnsCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	const zone = "corp.internal"
	e := func(_ any, err error) error { return err }
	return map[string]func() error{
		"DNSZones": func() error { return e(c.DNSZones(ctx)) },
		"CreateDNSZone": func() error {
			return e(c.CreateDNSZone(ctx, apiclient.CreateDNSZoneRequest{Name: zone, Project: "shop", Links: []apiclient.DNSLink{{Network: "hub"}}}))
		},
		"DNSZone":       func() error { return e(c.DNSZone(ctx, zone)) },
		"SetDNSZone":    func() error { return e(c.SetDNSZone(ctx, zone, apiclient.DNSZoneSettings{Everywhere: true})) },
		"DeleteDNSZone": func() error { return c.DeleteDNSZone(ctx, zone) },
		"LinkDNSZone":   func() error { return e(c.LinkDNSZone(ctx, zone, "hub", apiclient.LinkDNSZoneRequest{})) },
		"UnlinkDNSZone": func() error { return e(c.UnlinkDNSZone(ctx, zone, "hub")) },
		"ExportDNSZone": func() error { return e(c.ExportDNSZone(ctx, zone, apiclient.ExportDNSZoneParams{Network: "hub"})) },
		"ImportDNSZone": func() error {
			return e(c.ImportDNSZone(ctx, zone, apiclient.ImportDNSZoneRequest{Source: "web A 10.0.0.1", Replace: true}))
		},
		"CheckDNSSecondaries": func() error { return e(c.CheckDNSSecondaries(ctx, zone)) },
		"DNSRecords":          func() error { return e(c.DNSRecords(ctx, zone, "web")) },
		"SetDNSRecord": func() error {
			return e(c.SetDNSRecord(ctx, zone, "*.web", "A", apiclient.SetDNSRecordRequest{Values: []string{"10.0.0.1"}, TTL: 60}))
		},
		"DeleteDNSRecord": func() error {
			return c.DeleteDNSRecord(ctx, zone, "@", "MX", apiclient.DeleteDNSRecordParams{Network: "hub"})
		},
		"DNSNetworks": func() error { return e(c.DNSNetworks(ctx, "acme")) },
		"SetDNSNetwork": func() error {
			return e(c.SetDNSNetwork(ctx, "hub", apiclient.SetDNSNetworkRequest{Tenant: "acme", Prefixes: []string{"10.0.0.0/16"}, Recursion: true}))
		},
		"DeleteDNSNetwork": func() error {
			return c.DeleteDNSNetwork(ctx, "hub", apiclient.DeleteDNSNetworkParams{Tenant: "acme"})
		},
		"DNSForwarders": func() error { return e(c.DNSForwarders(ctx, "acme")) },
		"SetDNSForwarder": func() error {
			return e(c.SetDNSForwarder(ctx, ".", apiclient.SetDNSForwarderRequest{Servers: []string{"udp://10.0.0.10"}, Networks: []string{"hub"}}))
		},
		"DeleteDNSForwarder": func() error {
			return c.DeleteDNSForwarder(ctx, "corp.example", apiclient.DeleteDNSForwarderParams{Tenant: "acme"})
		},
		"DNSKeys": func() error { return e(c.DNSKeys(ctx)) },
		"CreateDNSKey": func() error {
			return e(c.CreateDNSKey(ctx, apiclient.CreateDNSKeyRequest{Name: "ci", Zone: zone, Update: []string{"*"}}))
		},
		"DeleteDNSKey": func() error { return c.DeleteDNSKey(ctx, "ci") },
		"DNSEndpoints": func() error { return e(c.DNSEndpoints(ctx)) },
		"CreateDNSEndpoint": func() error {
			return e(c.CreateDNSEndpoint(ctx, apiclient.CreateDNSEndpointRequest{Name: "store", Service: "stordata", Group: "blob", Network: "hub", Addresses: []string{"10.0.4.4"}}))
		},
		"DeleteDNSEndpoint": func() error { return c.DeleteDNSEndpoint(ctx, "store") },
		"ExplainDNSName": func() error {
			return e(c.ExplainDNSName(ctx, apiclient.ExplainDNSNameParams{Name: "web." + zone, Type: "AAAA", From: "hub"}))
		},
	}
}
