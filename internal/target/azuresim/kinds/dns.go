package kinds

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	zoneType     = "Microsoft.Network/privateDnsZones"
	zoneLinkType = zoneType + "/virtualNetworkLinks"

	zoneRecords, zoneLinks, zoneRegistrations = 25000, 1000, 100
)

// dnsKinds are private DNS zones with their links and record sets, and the private resolver, in Microsoft.Network.
func dnsKinds() []arm.Kind {
	kinds := []arm.Kind{
		{
			Type: zoneType, Located: true, Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:     arm.NameRule{Pattern: `^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9_-]{1,63}$`, Max: 253},
			ReadOnly: zoneCounters(), Compute: zoneCompute, Saved: zoneSaved, Show: zoneShow, Deletable: zoneDeletable,
		},
		{
			Type: zoneLinkType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name: networkName(80), Required: []string{"properties.virtualNetwork.id"}, Immutable: []string{"properties.virtualNetwork.id"},
			ReadOnly: []string{"properties.virtualNetworkLinkState"}, Default: zoneLinkDefault, Check: zoneLinkCheck,
			Compute: func(_ *arm.Context, r, _ *arm.Resource) {
				r.Set("properties.virtualNetworkLinkState", "Completed")
			},
		},
	}
	for typ := range recordLists() {
		kinds = append(kinds, recordKind(typ))
	}
	return append(kinds, resolverKinds()...)
}

func zoneCounters() []string {
	return []string{
		"properties.maxNumberOfRecordSets", "properties.maxNumberOfVirtualNetworkLinks", "properties.maxNumberOfVirtualNetworkLinksWithRegistration",
		"properties.numberOfRecordSets", "properties.numberOfVirtualNetworkLinks", "properties.numberOfVirtualNetworkLinksWithRegistration", "properties.internalId",
	}
}

func zoneCompute(_ *arm.Context, r, _ *arm.Resource) {
	r.Set("location", "global")
	r.Set("properties.maxNumberOfRecordSets", zoneRecords)
	r.Set("properties.maxNumberOfVirtualNetworkLinks", zoneLinks)
	r.Set("properties.maxNumberOfVirtualNetworkLinksWithRegistration", zoneRegistrations)
}

// zoneSaved gives a new zone its SOA record set.
func zoneSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	c.Make(r.ID, "SOA", "@", arm.Object{"properties": arm.Object{
		"fqdn": r.Name() + ".", "ttl": 3600, "isAutoRegistered": false,
		"soaRecord": arm.Object{"email": "azureprivatedns-host.microsoft.com", "host": "azureprivatedns.net", "expireTime": 2419200, "minimumTtl": 10, "refreshTime": 3600, "retryTime": 300, "serialNumber": 1},
	}})
	return nil
}

func zoneShow(c *arm.Context, r *arm.Resource) {
	links, registering, all := c.Under(r.ID.String(), zoneLinkType), 0, len(c.Under(r.ID.String(), ""))
	for _, link := range links {
		if link.Bool("properties.registrationEnabled") {
			registering++
		}
	}
	r.Set("properties.numberOfRecordSets", all-len(links))
	r.Set("properties.numberOfVirtualNetworkLinks", len(links))
	r.Set("properties.numberOfVirtualNetworkLinksWithRegistration", registering)
}

func zoneDeletable(c *arm.Context, r *arm.Resource) error {
	if links := c.Under(r.ID.String(), zoneLinkType); len(links) > 0 {
		return arm.Conflict("CannotDeleteResource", "Can not delete resource before nested resources are deleted: the zone %s is linked by %s.", r.Name(), links[0].ID)
	}
	return nil
}

func zoneLinkDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("location", "global")
	r.Default("properties.registrationEnabled", false)
	r.Default("properties.resolutionPolicy", "Default")
}

func zoneLinkCheck(c *arm.Context, r, old *arm.Resource) error {
	network := r.Str("properties.virtualNetwork.id")
	if err := exists(c, r, network); err != nil || old != nil {
		return err
	}
	zone := r.ID.Parent()
	for _, link := range c.Users(network, zoneLinkType) {
		other := link.ID.Parent()
		switch {
		case other.Key() == zone.Key():
			return arm.Conflict("Conflict", "A virtual network link of %s to the zone %s exists already: %s.", network, zone.Name(), link.Name())
		case strings.EqualFold(other.Name(), zone.Name()):
			return arm.BadRequest("BadRequest", "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link %s with '%s' and '%s'.", network, zone.Name(), other.Name())
		case r.Bool("properties.registrationEnabled") && link.Bool("properties.registrationEnabled"):
			return arm.BadRequest("BadRequest", "The virtual network %s registers its machines in the zone %s already; it can in one zone only.", network, other.Name())
		}
	}
	return nil
}

// recordLists says where each type of record set has its records.
func recordLists() map[string]string {
	return map[string]string{
		"A": "aRecords", "AAAA": "aaaaRecords", "CNAME": "cnameRecord", "MX": "mxRecords", "PTR": "ptrRecords", "SOA": "soaRecord", "SRV": "srvRecords", "TXT": "txtRecords",
	}
}

func recordKind(typ string) arm.Kind {
	return arm.Kind{
		Type: zoneType + "/" + typ, NoProvisioningState: true, Status: arm.Status{Create: 201},
		Name:     arm.NameRule{Pattern: `^(@|\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_-]+)*)$`, Max: 253},
		ReadOnly: []string{"properties.fqdn", "properties.isAutoRegistered"},
		Check:    func(c *arm.Context, r, _ *arm.Resource) error { return recordCheck(c, r, typ) },
		Compute:  recordCompute,
		Deletable: func(_ *arm.Context, r *arm.Resource) error {
			if typ == "SOA" {
				return arm.BadRequest("BadRequest", "The SOA record set of the zone %s cannot be deleted.", r.ID.Parent().Name())
			}
			return nil
		},
	}
}

func recordCheck(c *arm.Context, r *arm.Resource, typ string) error {
	if !r.Has("properties." + recordLists()[typ]) {
		return arm.BadRequest("BadRequest", "The record set %s of the type %s needs %s.", r.Name(), typ, recordLists()[typ])
	}
	if r.Num("properties.ttl") < 1 {
		return arm.BadRequest("BadRequest", "The record set %s needs a TTL of at least 1 second.", r.Name())
	}
	if typ == "CNAME" && r.Name() == "@" {
		return arm.BadRequest("BadRequest", "A CNAME record cannot be at the zone itself.")
	}
	for other := range recordLists() {
		if (typ == "CNAME") == (other == "CNAME") {
			continue
		}
		if c.Get(r.ID.Parent().Child(other, r.Name()).String()) != nil {
			return arm.BadRequest("BadRequest", "The record could not be created because a CNAME record and another one of the name %s cannot be in one zone.", r.Name())
		}
	}
	return recordAddresses(r)
}

// recordAddresses holds A records to IPv4 and AAAA records to IPv6.
func recordAddresses(r *arm.Resource) error {
	for list, member := range map[string]string{"aRecords": "ipv4Address", "aaaaRecords": "ipv6Address"} {
		for _, item := range r.List("properties." + list) {
			o, _ := item.(arm.Object)
			a, err := netip.ParseAddr(text(o, member))
			if err != nil || a.Is4() != (list == "aRecords") {
				return arm.BadRequest("BadRequest", "'%s' is no address for the record set %s.", text(o, member), r.Name())
			}
		}
	}
	return nil
}

func recordCompute(_ *arm.Context, r, old *arm.Resource) {
	zone := r.ID.Parent().Name() + "."
	if r.Name() != "@" {
		zone = strings.ToLower(r.Name()) + "." + zone
	}
	r.Set("properties.fqdn", zone)
	r.Set("properties.isAutoRegistered", false)
	if r.Has("properties.soaRecord") {
		r.Set("properties.soaRecord.host", "azureprivatedns.net")
		serial := 1.0
		if old != nil {
			serial = old.Num("properties.soaRecord.serialNumber")
		}
		r.Set("properties.soaRecord.serialNumber", serial)
	}
}

// delegated refuses a subnet that is not there, or not a service's.
func delegated(c *arm.Context, r *arm.Resource, id, service string) error {
	subnet := c.Get(id)
	if subnet == nil {
		return exists(c, r, id)
	}
	if !slices.Contains(delegatedTo(subnet), service) {
		return arm.BadRequest("InvalidSubnetDelegation", "Subnet %s must be delegated to %s for %s.", id, service, r.ID)
	}
	return nil
}
