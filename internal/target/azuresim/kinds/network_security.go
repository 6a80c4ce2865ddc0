package kinds

import (
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	securityRuleType = securityType + "/securityRules"
	routesType       = routeType + "/routes"

	firstPriority, lastPriority = 100, 4096
)

// securityKinds are network security groups and route tables.
func securityKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: securityType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.resourceGuid", "properties.defaultSecurityRules", "properties.networkInterfaces", "properties.subnets", "properties.flowLogs"},
			Inline:   []arm.Inline{{Path: "properties.securityRules", Type: securityRuleType}},
			Compute:  withGUID, Saved: securityGroupSaved, Show: securityGroupShow,
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "InUseNetworkSecurityGroupCannotBeDeleted", subnetType, nicType)
			},
		},
		{
			Type: securityRuleType, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required: []string{"properties.access", "properties.direction", "properties.priority", "properties.protocol"},
			Default:  securityRuleDefault, Check: securityRuleCheck,
		},
		{
			Type: routeType, Located: true, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			ReadOnly: []string{"properties.resourceGuid", "properties.subnets"},
			Inline:   []arm.Inline{{Path: "properties.routes", Type: routesType}},
			Default:  func(_ *arm.Context, r *arm.Resource) { r.Default("properties.disableBgpRoutePropagation", false) },
			Compute:  withGUID,
			Show:     func(c *arm.Context, r *arm.Resource) { showUsers(c, r, "properties.subnets", subnetType) },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "InUseRouteTableCannotBeDeleted", subnetType)
			},
		},
		{
			Type: routesType, Name: networkName(80), Async: networkAsync(), Status: arm.Status{Create: 201},
			Required: []string{"properties.nextHopType"}, Default: routeDefault, Check: routeCheck,
		},
	}
}

func securityRuleDefault(_ *arm.Context, r *arm.Resource) {
	for _, list := range []string{"sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes"} {
		r.Default("properties."+list, []any{})
	}
}

func securityRuleCheck(_ *arm.Context, r, _ *arm.Resource) error {
	priority := r.Num("properties.priority")
	switch {
	case priority < firstPriority || priority > lastPriority:
		return arm.BadRequest("SecurityRuleInvalidPriority", "Security rule %s has an invalid priority. It should be between %d and %d.", r.Name(), firstPriority, lastPriority)
	case !slices.Contains([]string{"Inbound", "Outbound"}, r.Str("properties.direction")), !slices.Contains([]string{"Allow", "Deny"}, r.Str("properties.access")),
		!slices.Contains([]string{"*", "Ah", "Esp", "Icmp", "Tcp", "Udp"}, r.Str("properties.protocol")):
		return arm.BadRequest("InvalidRequestFormat", "Security rule %s has an unknown direction, access or protocol.", r.Name())
	}
	for _, pair := range [][2]string{{"sourceAddressPrefix", "sourceAddressPrefixes"}, {"destinationAddressPrefix", "destinationAddressPrefixes"}, {"sourcePortRange", "sourcePortRanges"}, {"destinationPortRange", "destinationPortRanges"}} {
		one, several := r.Str("properties."+pair[0]), len(r.List("properties."+pair[1]))
		groups := len(r.List("properties.sourceApplicationSecurityGroups")) + len(r.List("properties.destinationApplicationSecurityGroups"))
		if one == "" && several == 0 && groups == 0 {
			return arm.BadRequest("SecurityRuleParameterNotSpecified", "Security rule %s needs %s or %s.", r.Name(), pair[0], pair[1])
		}
	}
	return nil
}

// securityGroupSaved refuses two rules of one direction and priority.
func securityGroupSaved(c *arm.Context, r, _ *arm.Resource) error {
	seen := map[string]string{}
	for _, rule := range c.Under(r.ID.String(), securityRuleType) {
		key := fmt.Sprint(rule.Str("properties.direction"), rule.Num("properties.priority"))
		if other := seen[key]; other != "" {
			return arm.BadRequest("SecurityRuleConflict", "Security rule %s conflicts with rule %s. Rules cannot have the same Priority and Direction.", other, rule.Name())
		}
		seen[key] = rule.Name()
	}
	return nil
}

func securityGroupShow(c *arm.Context, r *arm.Resource) {
	r.Set("properties.defaultSecurityRules", defaultRules(r.ID))
	showUsers(c, r, "properties.subnets", subnetType)
	showUsers(c, r, "properties.networkInterfaces", nicType)
}

// defaultRules are the six that every group has.
func defaultRules(group arm.ID) []any {
	rule := func(name, description, direction, access string, priority int, source, destination string) any {
		return arm.Object{
			"id": group.String() + "/defaultSecurityRules/" + name, "name": name, "type": securityType + "/defaultSecurityRules",
			"properties": arm.Object{
				"provisioningState": "Succeeded", "description": description, "direction": direction, "access": access, "priority": priority, "protocol": "*",
				"sourcePortRange": "*", "destinationPortRange": "*", "sourceAddressPrefix": source, "destinationAddressPrefix": destination,
			},
		}
	}
	return []any{
		rule("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "Inbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
		rule("AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "Inbound", "Allow", 65001, "AzureLoadBalancer", "*"),
		rule("DenyAllInBound", "Deny all inbound traffic", "Inbound", "Deny", 65500, "*", "*"),
		rule("AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "Outbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
		rule("AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "Outbound", "Allow", 65001, "*", "Internet"),
		rule("DenyAllOutBound", "Deny all outbound traffic", "Outbound", "Deny", 65500, "*", "*"),
	}
}

func routeDefault(_ *arm.Context, r *arm.Resource) { r.Default("properties.hasBgpOverride", false) }

func routeCheck(_ *arm.Context, r, _ *arm.Resource) error {
	hop, address := r.Str("properties.nextHopType"), r.Str("properties.nextHopIpAddress")
	if !slices.Contains([]string{"Internet", "None", "VirtualAppliance", "VirtualNetworkGateway", "VnetLocal"}, hop) {
		return arm.BadRequest("InvalidRequestFormat", "Route %s has an unknown next hop type '%s'.", r.Name(), hop)
	}
	if (hop == "VirtualAppliance") != (address != "") {
		return arm.BadRequest("InvalidNextHopIpAddress", "Route %s: only the next hop type VirtualAppliance has an address, and it needs one.", r.Name())
	}
	return nil
}
