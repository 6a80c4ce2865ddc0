package apiclient

import (
	"context"
	"net/http"
)

// DNSZones returns the zones of the tenant that are seen.
func (c *Client) DNSZones(ctx context.Context) ([]DNSZone, error) {
	return all[DNSZone](ctx, c, escape("dns", "zones"))
}

// CreateDNSZone adds a zone.
func (c *Client) CreateDNSZone(ctx context.Context, in CreateDNSZoneRequest) (DNSZone, error) {
	var z DNSZone
	return z, c.call(ctx, http.MethodPost, escape("dns", "zones"), in, &z)
}

// DNSZone returns a zone with its settings.
func (c *Client) DNSZone(ctx context.Context, name string) (DNSZone, error) {
	var z DNSZone
	return z, c.call(ctx, http.MethodGet, escape("dns", "zones", name), nil, &z)
}

// SetDNSZone changes the settings of a zone.
func (c *Client) SetDNSZone(ctx context.Context, name string, in DNSZoneSettings) (DNSZone, error) {
	var z DNSZone
	return z, c.call(ctx, http.MethodPut, escape("dns", "zones", name), in, &z)
}

// DeleteDNSZone removes a zone with its records and keys.
func (c *Client) DeleteDNSZone(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("dns", "zones", name), nil, nil)
}

// LinkDNSZone has a network see a zone.
func (c *Client) LinkDNSZone(ctx context.Context, name, network string, in LinkDNSZoneRequest) (DNSZone, error) {
	var z DNSZone
	return z, c.call(ctx, http.MethodPut, escape("dns", "zones", name, "links", network), in, &z)
}

// UnlinkDNSZone has a network not see a zone any more.
func (c *Client) UnlinkDNSZone(ctx context.Context, name, network string) (DNSZone, error) {
	var z DNSZone
	return z, c.call(ctx, http.MethodDelete, escape("dns", "zones", name, "links", network), nil, &z)
}

// ExportDNSZone returns a zone as a zone file.
func (c *Client) ExportDNSZone(ctx context.Context, name string, p ExportDNSZoneParams) (DNSZoneFile, error) {
	var f DNSZoneFile
	return f, c.call(ctx, http.MethodGet, query(escape("dns", "zones", name, "file"), p), nil, &f)
}

// ImportDNSZone takes the records of a zone file.
func (c *Client) ImportDNSZone(ctx context.Context, name string, in ImportDNSZoneRequest) (DNSImported, error) {
	var out DNSImported
	return out, c.call(ctx, http.MethodPost, escape("dns", "zones", name, "file"), in, &out)
}

// CheckDNSSecondaries asks the secondaries of a zone how far they are.
func (c *Client) CheckDNSSecondaries(ctx context.Context, name string) (DNSSecondaries, error) {
	var out DNSSecondaries
	return out, c.call(ctx, http.MethodPost, escape("dns", "zones", name, "secondaries"), nil, &out)
}

// DNSRecords returns the record sets of a zone whose names begin with a text.
func (c *Client) DNSRecords(ctx context.Context, zone, prefix string) ([]DNSHeld, error) {
	return all[DNSHeld](ctx, c, query(escape("dns", "zones", zone, "records"), ListDNSRecordsParams{Prefix: prefix}))
}

// SetDNSRecord makes a record set, or changes it.
func (c *Client) SetDNSRecord(ctx context.Context, zone, name, kind string, in SetDNSRecordRequest) (DNSHeld, error) {
	var h DNSHeld
	return h, c.call(ctx, http.MethodPut, escape("dns", "zones", zone, "records", name, kind), in, &h)
}

// DeleteDNSRecord removes a record set.
func (c *Client) DeleteDNSRecord(ctx context.Context, zone, name, kind string, p DeleteDNSRecordParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("dns", "zones", zone, "records", name, kind), p), nil, nil)
}

// DNSNetworks returns the networks of a tenant that are seen, "" is one's own.
func (c *Client) DNSNetworks(ctx context.Context, tenant string) ([]DNSNetwork, error) {
	return all[DNSNetwork](ctx, c, query(escape("dns", "networks"), ListDNSNetworksParams{Tenant: tenant}))
}

// SetDNSNetwork adds a network, or changes it.
func (c *Client) SetDNSNetwork(ctx context.Context, name string, in SetDNSNetworkRequest) (DNSNetwork, error) {
	var n DNSNetwork
	return n, c.call(ctx, http.MethodPut, escape("dns", "networks", name), in, &n)
}

// DeleteDNSNetwork removes a network that nothing uses.
func (c *Client) DeleteDNSNetwork(ctx context.Context, name string, p DeleteDNSNetworkParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("dns", "networks", name), p), nil, nil)
}

// DNSForwarders returns who is asked about names that no zone of a tenant has, "" is one's own.
func (c *Client) DNSForwarders(ctx context.Context, tenant string) ([]DNSForwarder, error) {
	return all[DNSForwarder](ctx, c, query(escape("dns", "forwarders"), ListDNSForwardersParams{Tenant: tenant}))
}

// SetDNSForwarder says who is asked about names of a domain; "." is all of them.
func (c *Client) SetDNSForwarder(ctx context.Context, domain string, in SetDNSForwarderRequest) (DNSForwarder, error) {
	var f DNSForwarder
	return f, c.call(ctx, http.MethodPut, escape("dns", "forwarders", ofDomain(domain)), in, &f)
}

// DeleteDNSForwarder has nobody asked about names of a domain.
func (c *Client) DeleteDNSForwarder(ctx context.Context, domain string, p DeleteDNSForwarderParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("dns", "forwarders", ofDomain(domain)), p), nil, nil)
}

// ofDomain is a domain in a path, which has no room for a dot alone.
func ofDomain(domain string) string {
	if domain == "." {
		return "root"
	}
	return domain
}

// DNSKeys returns the keys that sign updates and transfers.
func (c *Client) DNSKeys(ctx context.Context) ([]DNSKey, error) {
	return all[DNSKey](ctx, c, escape("dns", "keys"))
}

// CreateDNSKey makes a key, and returns its secret this once.
func (c *Client) CreateDNSKey(ctx context.Context, in CreateDNSKeyRequest) (DNSKeyCreated, error) {
	var k DNSKeyCreated
	return k, c.call(ctx, http.MethodPost, escape("dns", "keys"), in, &k)
}

// DeleteDNSKey removes a key.
func (c *Client) DeleteDNSKey(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("dns", "keys", name), nil, nil)
}

// DNSEndpoints returns the private endpoints.
func (c *Client) DNSEndpoints(ctx context.Context) ([]DNSEndpoint, error) {
	return all[DNSEndpoint](ctx, c, escape("dns", "endpoints"))
}

// CreateDNSEndpoint adds a private endpoint with its record.
func (c *Client) CreateDNSEndpoint(ctx context.Context, in CreateDNSEndpointRequest) (DNSEndpoint, error) {
	var e DNSEndpoint
	return e, c.call(ctx, http.MethodPost, escape("dns", "endpoints"), in, &e)
}

// DeleteDNSEndpoint removes a private endpoint with its record.
func (c *Client) DeleteDNSEndpoint(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("dns", "endpoints", name), nil, nil)
}

// ExplainDNSName explains how a name is resolved.
func (c *Client) ExplainDNSName(ctx context.Context, p ExplainDNSNameParams) (DNSWhy, error) {
	var w DNSWhy
	return w, c.call(ctx, http.MethodGet, query(escape("dns", "why"), p), nil, &w)
}
