package kinds

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// subnetUsers are the types that have addresses in a subnet, or are delegated one.
func subnetUsers() []string {
	return []string{
		nicType, endpointType, "Microsoft.Network/applicationGateways", "Microsoft.Network/dnsResolvers/inboundEndpoints", "Microsoft.Network/dnsResolvers/outboundEndpoints",
		"Microsoft.ApiManagement/service", "Microsoft.App/managedEnvironments", "Microsoft.ContainerService/managedClusters", "Microsoft.ContainerService/managedClusters/agentPools",
		"Microsoft.DBforMySQL/flexibleServers",
	}
}

func subnetDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.privateEndpointNetworkPolicies", "Disabled")
	r.Default("properties.privateLinkServiceNetworkPolicies", "Enabled")
	r.Default("properties.delegations", []any{})
}

// subnetRanges are the ranges of a subnet, however it has them.
func subnetRanges(r *arm.Resource) []netip.Prefix {
	list := r.List("properties.addressPrefixes")
	if one := r.Str("properties.addressPrefix"); one != "" && len(list) == 0 {
		list = []any{one}
	}
	out, _ := prefixes(r, list)
	return out
}

func subnetCheck(c *arm.Context, r, old *arm.Resource) error {
	list := r.List("properties.addressPrefixes")
	if one := r.Str("properties.addressPrefix"); one != "" && len(list) == 0 {
		list = []any{one}
	}
	ranges, err := prefixes(r, list)
	if err != nil {
		return err
	}
	if len(ranges) == 0 {
		return arm.BadRequest("InvalidRequestFormat", "Subnet %s has no address range.", r.Name())
	}
	if err := subnetInNetwork(c, r, ranges); err != nil {
		return err
	}
	if old != nil && !slices.Equal(subnetRanges(old), ranges) {
		if err := unused(c, r, "InUsePrefixCannotBeDeleted", subnetUsers()...); err != nil {
			return err
		}
	}
	for _, path := range []string{"properties.networkSecurityGroup.id", "properties.routeTable.id", "properties.natGateway.id"} {
		if err := exists(c, r, r.Str(path)); err != nil {
			return err
		}
	}
	return subnetDelegationStays(c, r, old)
}

// subnetInNetwork holds the ranges to the network's, and apart from other subnets'.
func subnetInNetwork(c *arm.Context, r *arm.Resource, ranges []netip.Prefix) error {
	network := c.Get(r.ID.Parent().String())
	outer, _ := prefixes(network, network.List("properties.addressSpace.addressPrefixes"))
	for _, p := range ranges {
		if p.Addr().Is4() && p.Bits() > smallestSubnet {
			return arm.BadRequest("NetcfgInvalidSubnet", "Subnet '%s' is not valid in virtual network '%s': %s is smaller than /%d.", r.Name(), network.Name(), p, smallestSubnet)
		}
		if !slices.ContainsFunc(outer, func(o netip.Prefix) bool { return covers(o, p) }) {
			return arm.BadRequest("NetcfgInvalidSubnet", "Subnet '%s' is not valid because its IP address range is outside the IP address range of virtual network '%s'.", r.Name(), network.Name())
		}
		for _, other := range c.Under(network.ID.String(), subnetType) {
			if other.ID.Key() != r.ID.Key() && slices.ContainsFunc(subnetRanges(other), p.Overlaps) {
				return arm.BadRequest("NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '%s': '%s'.", r.Name(), network.Name(), other.Name())
			}
		}
	}
	return nil
}

// subnetDelegationStays refuses to take a delegation from a subnet in use.
func subnetDelegationStays(c *arm.Context, r, old *arm.Resource) error {
	if old == nil {
		return nil
	}
	now := delegatedTo(r)
	for _, service := range delegatedTo(old) {
		if !slices.Contains(now, service) {
			return unused(c, r, "SubnetMissingRequiredDelegation", subnetUsers()...)
		}
	}
	return nil
}

// delegatedTo are the services that a subnet is delegated to.
func delegatedTo(r *arm.Resource) []string {
	var out []string
	for _, item := range r.List("properties.delegations") {
		d, _ := item.(arm.Object)
		if name, _ := arm.Lookup(d, "properties.serviceName"); name != nil {
			s, _ := name.(string)
			out = append(out, s)
		}
	}
	return out
}

func subnetCompute(c *arm.Context, r, _ *arm.Resource) {
	for _, item := range r.List("properties.delegations") {
		d, is := item.(arm.Object)
		if !is {
			continue
		}
		d["id"] = r.ID.String() + "/delegations/" + text(d, "name")
		d["type"] = subnetType + "/delegations"
		arm.Assign(d, "properties.provisioningState", "Succeeded")
		name, _ := arm.Lookup(d, "properties.serviceName")
		service, _ := name.(string)
		if actions, _ := arm.Lookup(d, "properties.actions"); len(asList(actions)) == 0 {
			arm.Assign(d, "properties.actions", delegationActions(service))
		}
	}
	network := c.Get(r.ID.Parent().String())
	for _, item := range r.List("properties.serviceEndpoints") {
		if e, is := item.(arm.Object); is {
			e["provisioningState"] = "Succeeded"
			if e["locations"] == nil {
				e["locations"] = endpointLocations(text(e, "service"), network.Location())
			}
		}
	}
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

// delegationActions are what Azure itself lets a service do in a subnet that is delegated to it.
func delegationActions(service string) []any {
	const join = "Microsoft.Network/virtualNetworks/subnets/join/action"
	switch {
	case strings.HasPrefix(service, "Microsoft.Web/"), service == "Microsoft.ContainerInstance/containerGroups":
		return []any{"Microsoft.Network/virtualNetworks/subnets/action"}
	case service == "Microsoft.Sql/managedInstances", service == "Microsoft.Databricks/workspaces", service == "Microsoft.Kusto/clusters":
		return []any{join, "Microsoft.Network/virtualNetworks/subnets/prepareNetworkPolicies/action", "Microsoft.Network/virtualNetworks/subnets/unprepareNetworkPolicies/action"}
	case service == "Microsoft.Netapp/volumes":
		return []any{"Microsoft.Network/networkinterfaces/*", join}
	}
	return []any{join}
}

// endpointLocations are the regions that a service endpoint reaches: Storage its own and the paired one, others everywhere.
func endpointLocations(service, location string) []any {
	pairs := map[string]string{"westeurope": "northeurope", "northeurope": "westeurope", "germanywestcentral": "germanynorth", "eastus": "westus", "westus": "eastus"}
	if service == "Microsoft.Storage" || service == "Microsoft.Sql" {
		if pair := pairs[location]; pair != "" && service == "Microsoft.Storage" {
			return []any{location, pair}
		}
		return []any{location}
	}
	return []any{"*"}
}

func subnetShow(c *arm.Context, r *arm.Resource) {
	configurations := []any{}
	for _, nic := range c.Users(r.ID.String(), nicType) {
		for _, item := range nic.List("properties.ipConfigurations") {
			if o, is := item.(arm.Object); is {
				configurations = append(configurations, arm.Object{"id": o["id"]})
			}
		}
	}
	if len(configurations) > 0 {
		r.Set("properties.ipConfigurations", configurations)
	}
	showUsers(c, r, "properties.privateEndpoints", endpointType)
}

func subnetDeletable(c *arm.Context, r *arm.Resource) error {
	users := c.Users(r.ID.String(), subnetUsers()...)
	if len(users) == 0 {
		return nil
	}
	return arm.BadRequest("InUseSubnetCannotBeDeleted", "Subnet %s is in use by %s and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.", r.Name(), users[0].ID)
}

// freeAddress is the first address of a subnet that nobody has; Azure keeps four at the start and one at the end.
func freeAddress(c *arm.Context, subnet *arm.Resource) string {
	taken := map[string]bool{}
	for _, user := range c.Users(subnet.ID.String(), subnetUsers()...) {
		addresses(user.Body, taken)
	}
	for _, p := range subnetRanges(subnet) {
		a := p.Addr()
		for range 4 {
			a = a.Next()
		}
		for ; p.Contains(a.Next()); a = a.Next() {
			if !taken[a.String()] {
				return a.String()
			}
		}
	}
	return ""
}

// addresses collects every IP address that a document mentions.
func addresses(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		if a, err := netip.ParseAddr(v); err == nil {
			into[a.String()] = true
		}
	case []any:
		for _, inner := range v {
			addresses(inner, into)
		}
	case arm.Object:
		for _, inner := range v {
			addresses(inner, into)
		}
	}
}

// checkAddress refuses an address that a subnet does not have, or that somebody else has.
func checkAddress(c *arm.Context, r, subnet *arm.Resource, address string) error {
	a, err := netip.ParseAddr(address)
	if err != nil || !slices.ContainsFunc(subnetRanges(subnet), func(p netip.Prefix) bool { return p.Contains(a) }) {
		return arm.BadRequest("PrivateIPAddressNotInSubnet", "Private static IP address %s does not belong to the range of subnet %s.", address, subnet.Name())
	}
	for _, user := range c.Users(subnet.ID.String(), subnetUsers()...) {
		taken := map[string]bool{}
		addresses(user.Body, taken)
		if user.ID.Key() != r.ID.Key() && taken[a.String()] {
			return arm.BadRequest("PrivateIPAddressIsAllocated", "IP address %s is already allocated to resource %s.", address, user.ID)
		}
	}
	return nil
}
