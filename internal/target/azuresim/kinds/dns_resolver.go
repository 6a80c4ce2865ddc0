package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	resolverType = "Microsoft.Network/dnsResolvers"
	inboundType  = resolverType + "/inboundEndpoints"
	outboundType = resolverType + "/outboundEndpoints"
	rulesetType  = "Microsoft.Network/dnsForwardingRulesets"

	mostOutbound, mostServers = 2, 6
)

// resolverKinds are the private resolver, its endpoints, rulesets, their rules and links.
func resolverKinds() []arm.Kind {
	async := arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}
	return []arm.Kind{
		{
			Type: resolverType, Located: true, Name: networkName(80), Async: async, Status: arm.Status{Create: 201},
			Required: []string{"properties.virtualNetwork.id"}, Immutable: []string{"properties.virtualNetwork.id"},
			ReadOnly: []string{"properties.resourceGuid", "properties.dnsResolverState"}, Check: resolverCheck, Compute: resolverCompute, Deletable: resolverDeletable,
		},
		{
			Type: inboundType, Located: true, Name: networkName(80), Async: async, Status: arm.Status{Create: 201},
			Required: []string{"properties.ipConfigurations"}, Immutable: []string{"properties.ipConfigurations"},
			ReadOnly: []string{"properties.resourceGuid"}, Default: inboundDefault, Check: inboundCheck, Compute: withGUID,
		},
		{
			Type: outboundType, Located: true, Name: networkName(80), Async: async, Status: arm.Status{Create: 201},
			Required: []string{"properties.subnet.id"}, Immutable: []string{"properties.subnet.id"}, ReadOnly: []string{"properties.resourceGuid"},
			Check: func(c *arm.Context, r, _ *arm.Resource) error {
				return resolverSubnet(c, r, r.Str("properties.subnet.id"))
			},
			Compute:   withGUID,
			Deletable: func(c *arm.Context, r *arm.Resource) error { return unused(c, r, "InUse", rulesetType) },
		},
		{
			Type: rulesetType, Located: true, Name: networkName(80), Async: async, Status: arm.Status{Create: 201},
			Required: []string{"properties.dnsResolverOutboundEndpoints"}, ReadOnly: []string{"properties.resourceGuid"}, Check: rulesetCheck, Compute: withGUID,
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				if links := c.Under(r.ID.String(), rulesetType+"/virtualNetworkLinks"); len(links) > 0 {
					return arm.Conflict("CannotDeleteResource", "The ruleset %s cannot be deleted: it is linked by %s.", r.Name(), links[0].ID)
				}
				return nil
			},
		},
		{
			Type: rulesetType + "/forwardingRules", Name: networkName(80), Status: arm.Status{Create: 201},
			Required: []string{"properties.domainName", "properties.targetDnsServers"}, Immutable: []string{"properties.domainName"}, Default: forwardingDefault, Check: forwardingCheck,
		},
		{
			Type: rulesetType + "/virtualNetworkLinks", Name: networkName(80), Async: async, Status: arm.Status{Create: 201},
			Required: []string{"properties.virtualNetwork.id"}, Immutable: []string{"properties.virtualNetwork.id"}, Check: rulesetLinkCheck,
		},
	}
}

func resolverCheck(c *arm.Context, r, _ *arm.Resource) error {
	network := r.Str("properties.virtualNetwork.id")
	for _, other := range c.Users(network, resolverType) {
		if other.ID.Key() != r.ID.Key() {
			return arm.BadRequest("BadRequest", "The virtual network %s has the DNS resolver %s already.", network, other.ID)
		}
	}
	return exists(c, r, network)
}

func resolverCompute(c *arm.Context, r, old *arm.Resource) {
	withGUID(c, r, old)
	r.Set("properties.dnsResolverState", "Connected")
}

func resolverDeletable(c *arm.Context, r *arm.Resource) error {
	if under := c.Under(r.ID.String(), ""); len(under) > 0 {
		return arm.Conflict("CannotDeleteResource", "Cannot delete resource while nested resources exist: the resolver %s has %s.", r.Name(), under[0].ID)
	}
	return nil
}

// resolverSubnet holds an endpoint to a subnet of its own.
func resolverSubnet(c *arm.Context, r *arm.Resource, id string) error {
	if err := delegated(c, r, id, resolverType); err != nil {
		return err
	}
	for _, user := range c.Users(id, subnetUsers()...) {
		if user.ID.Key() != r.ID.Key() {
			return arm.BadRequest("BadRequest", "Subnet %s is in use by %s; the endpoint %s needs one of its own.", id, user.ID, r.Name())
		}
	}
	return nil
}

// inboundSubnet is the first of an endpoint's subnets, and what says so.
func inboundSubnet(r *arm.Resource) (configuration arm.Object, subnet string) {
	list := r.List("properties.ipConfigurations")
	if len(list) == 0 {
		return nil, ""
	}
	configuration, _ = list[0].(arm.Object)
	id, _ := arm.Lookup(configuration, "subnet.id")
	subnet, _ = id.(string)
	return configuration, subnet
}

// inboundDefault gives an endpoint an address; it is what the endpoint keeps.
func inboundDefault(c *arm.Context, r *arm.Resource) {
	configuration, id := inboundSubnet(r)
	if configuration == nil {
		return
	}
	if text(configuration, "privateIpAllocationMethod") == "" {
		configuration["privateIpAllocationMethod"] = "Dynamic"
	}
	if stored := c.Get(r.ID.String()); stored != nil && text(configuration, "privateIpAddress") == "" {
		was, _ := inboundSubnet(stored)
		configuration["privateIpAddress"] = was["privateIpAddress"]
	}
	if subnet := c.Get(id); subnet != nil && text(configuration, "privateIpAddress") == "" {
		configuration["privateIpAddress"] = freeAddress(c, subnet)
	}
}

func inboundCheck(c *arm.Context, r, old *arm.Resource) error {
	configuration, id := inboundSubnet(r)
	if err := resolverSubnet(c, r, id); err != nil || old != nil {
		return err
	}
	return checkAddress(c, r, c.Get(id), text(configuration, "privateIpAddress"))
}

func rulesetCheck(c *arm.Context, r, _ *arm.Resource) error {
	endpoints := ids(r.List("properties.dnsResolverOutboundEndpoints"))
	if len(endpoints) == 0 || len(endpoints) > mostOutbound {
		return arm.BadRequest("BadRequest", "The ruleset %s needs 1 to %d outbound endpoints.", r.Name(), mostOutbound)
	}
	for _, id := range endpoints {
		endpoint := c.Get(id)
		if endpoint == nil {
			return exists(c, r, id)
		}
		if endpoint.Location() != r.Location() {
			return arm.BadRequest("BadRequest", "The outbound endpoint %s is not in the region of the ruleset %s.", id, r.Name())
		}
	}
	return nil
}

func forwardingDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.forwardingRuleState", "Enabled")
	for _, item := range r.List("properties.targetDnsServers") {
		if server, is := item.(arm.Object); is && server["port"] == nil {
			server["port"] = 53.0
		}
	}
}

func forwardingCheck(c *arm.Context, r, _ *arm.Resource) error {
	domain, servers := r.Str("properties.domainName"), len(r.List("properties.targetDnsServers"))
	if !strings.HasSuffix(domain, ".") || servers == 0 || servers > mostServers {
		return arm.BadRequest("BadRequest", "The rule %s needs a domain that ends with a dot and 1 to %d DNS servers.", r.Name(), mostServers)
	}
	for _, other := range c.Under(r.ID.Parent().String(), r.ID.Type()) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.domainName"), domain) {
			return arm.Conflict("Conflict", "The rule %s of the ruleset is for the domain %s already.", other.Name(), domain)
		}
	}
	return nil
}

func rulesetLinkCheck(c *arm.Context, r, _ *arm.Resource) error {
	network := r.Str("properties.virtualNetwork.id")
	for _, link := range c.Users(network, rulesetType+"/virtualNetworkLinks") {
		if link.ID.Key() != r.ID.Key() {
			return arm.Conflict("Conflict", "The virtual network %s is linked by %s already; it can be to one ruleset only.", network, link.ID)
		}
	}
	return exists(c, r, network)
}
