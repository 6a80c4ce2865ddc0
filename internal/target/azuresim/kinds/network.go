package kinds

import (
	"net/netip"
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	networkType   = "Microsoft.Network/virtualNetworks"
	subnetType    = networkType + "/subnets"
	securityType  = "Microsoft.Network/networkSecurityGroups"
	routeType     = "Microsoft.Network/routeTables"
	natType       = "Microsoft.Network/natGateways"
	ddosType      = "Microsoft.Network/ddosProtectionPlans"
	nicType       = "Microsoft.Network/networkInterfaces"
	endpointType  = "Microsoft.Network/privateEndpoints"
	zoneGroupType = endpointType + "/privateDnsZoneGroups"
	publicIPType  = "Microsoft.Network/publicIPAddresses"
	ipPrefixType  = "Microsoft.Network/publicIPPrefixes"
	watcherType   = "Microsoft.Network/networkWatchers"
	flowLogType   = watcherType + "/flowLogs"

	smallestSubnet = 29
)

// networkKinds are virtual networks and what lies in and around them, in Microsoft.Network.
func networkKinds() []arm.Kind {
	return slices.Concat(virtualNetworkKinds(), securityKinds(), natKinds(), endpointKinds(), watcherKinds())
}

// networkName is the rule of names that most resources of Microsoft.Network share.
func networkName(longest int) arm.NameRule {
	return arm.NameRule{Pattern: `^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`, Max: longest}
}

// networkAsync is how Microsoft.Network runs writes.
func networkAsync() arm.Async { return arm.Async{Put: arm.ByOperation, Delete: arm.ByLocation} }

func virtualNetworkKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: networkType, Located: true, Name: networkName(64), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required: []string{"properties.addressSpace"},
			ReadOnly: []string{"properties.resourceGuid", "properties.virtualNetworkPeerings", "properties.defaultPublicNatGateway", "properties.flowLogs"},
			Inline:   []arm.Inline{{Path: "properties.subnets", Type: subnetType}},
			Default:  virtualNetworkDefault, Check: virtualNetworkCheck, Compute: withGUID, Saved: virtualNetworkSaved,
			Deletable: virtualNetworkDeletable, Deleted: virtualNetworkDeleted,
		},
		{
			Type: subnetType, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.ipConfigurations", "properties.privateEndpoints", "properties.purpose", "properties.serviceAssociationLinks", "properties.resourceNavigationLinks"},
			Default:  subnetDefault, Check: subnetCheck, Compute: subnetCompute, Show: subnetShow, Deletable: subnetDeletable,
		},
		{
			Type: ddosType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.resourceGuid", "properties.virtualNetworks"}, Compute: withGUID,
			Show: func(c *arm.Context, r *arm.Resource) { showUsers(c, r, "properties.virtualNetworks", networkType) },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "DdosProtectionPlanInUse", networkType)
			},
		},
	}
}

// withGUID gives a resource the GUID that it keeps.
func withGUID(c *arm.Context, r, old *arm.Resource) {
	if old == nil || old.Str("properties.resourceGuid") == "" {
		r.Set("properties.resourceGuid", c.NewUUID())
	}
}

// showUsers lists the resources of a type that refer to r.
func showUsers(c *arm.Context, r *arm.Resource, path, typ string) {
	ids := []any{}
	for _, user := range c.Users(r.ID.String(), typ) {
		ids = append(ids, arm.Object{"id": user.ID.String()})
	}
	if len(ids) == 0 {
		r.Unset(path)
		return
	}
	r.Set(path, ids)
}

// unused refuses to delete what resources of some types refer to.
func unused(c *arm.Context, r *arm.Resource, code string, types ...string) error {
	users := c.Users(r.ID.String(), types...)
	if len(users) == 0 {
		return nil
	}
	return arm.BadRequest(code, "Resource %s cannot be deleted because it is in use by %s.", r.ID, users[0].ID)
}

// exists refuses a reference to what is not there.
func exists(c *arm.Context, r *arm.Resource, id string) error {
	if id == "" || c.Get(id) != nil {
		return nil
	}
	return arm.BadRequest("InvalidResourceReference", "Resource %s referenced by resource %s was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.", id, r.ID)
}

func virtualNetworkDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.enableDdosProtection", false)
	r.Default("properties.privateEndpointVNetPolicies", "Disabled")
	r.Default("properties.virtualNetworkPeerings", []any{})
}

func virtualNetworkCheck(c *arm.Context, r, old *arm.Resource) error {
	ranges, err := prefixes(r, r.List("properties.addressSpace.addressPrefixes"))
	if err != nil {
		return err
	}
	if len(ranges) == 0 && r.List("properties.addressSpace.ipamPoolPrefixAllocations") == nil {
		return arm.BadRequest("InvalidRequestFormat", "The virtual network %s has no address space.", r.Name())
	}
	for i, a := range ranges {
		for _, b := range ranges[i+1:] {
			if a.Overlaps(b) {
				return arm.BadRequest("NetcfgInvalidVirtualNetworkSite", "The address ranges %s and %s of virtual network %s overlap.", a, b, r.Name())
			}
		}
	}
	if old != nil {
		if err := subnetsFit(c, r, ranges); err != nil {
			return err
		}
	}
	return exists(c, r, r.Str("properties.ddosProtectionPlan.id"))
}

// subnetsFit refuses an address space that leaves out a subnet's range.
func subnetsFit(c *arm.Context, r *arm.Resource, ranges []netip.Prefix) error {
	for _, subnet := range c.Under(r.ID.String(), subnetType) {
		for _, p := range subnetRanges(subnet) {
			if !slices.ContainsFunc(ranges, func(outer netip.Prefix) bool { return covers(outer, p) }) {
				return arm.BadRequest("InUsePrefixCannotBeDeleted", "The address range of virtual network %s cannot be taken away: subnet %s (%s) lies in it.", r.Name(), subnet.Name(), p)
			}
		}
	}
	return nil
}

// prefixes reads CIDR ranges; each must begin where its length says.
func prefixes(r *arm.Resource, list []any) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, item := range list {
		s, _ := item.(string)
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, arm.BadRequest("InvalidAddressPrefixFormat", "Address prefix %s of resource %s is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.", s, r.ID)
		}
		if p.Masked() != p {
			return nil, arm.BadRequest("InvalidCIDRNotation", "The address prefix %s in resource %s has an invalid CIDR notation. For the given prefix length, the address prefix should be %s.", s, r.ID, p.Masked())
		}
		out = append(out, p)
	}
	return out, nil
}

// covers tells whether inner lies in outer.
func covers(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

func virtualNetworkDeletable(c *arm.Context, r *arm.Resource) error {
	for _, subnet := range c.Under(r.ID.String(), subnetType) {
		if err := subnetDeletable(c, subnet); err != nil {
			return err
		}
	}
	return nil
}

func ids(list []any) []string {
	out := make([]string, 0, len(list))
	for _, item := range list {
		if o, is := item.(arm.Object); is {
			out = append(out, text(o, "id"))
		}
	}
	return out
}
