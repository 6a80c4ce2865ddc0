package kinds_test

import (
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func TestPrivateZones(t *testing.T) {
	t.Parallel()
	const zone = "Microsoft.Network/privateDnsZones/dev.shop.internal"
	c := newNetwork(t)
	c.must(http.MethodPut, zone, `{"location":"global"}`)
	c.want(c.must(http.MethodGet, zone+"/SOA/@", ""), "properties.soaRecord.host", "azureprivatedns.net")
	got := c.must(http.MethodPut, zone+"/A/web", `{"properties":{"ttl":300,"aRecords":[{"ipv4Address":"10.0.0.4"}]}}`)
	c.want(got, "properties.fqdn", "web.dev.shop.internal.")
	c.refused(http.MethodPut, zone+"/A/bad", `{"properties":{"ttl":300,"aRecords":[{"ipv4Address":"fd00::1"}]}}`, 400, "BadRequest")
	c.refused(http.MethodPut, zone+"/CNAME/web", `{"properties":{"ttl":300,"cnameRecord":{"cname":"a.b"}}}`, 400, "BadRequest")
	c.refused(http.MethodDelete, zone+"/SOA/@", "", 400, "BadRequest")

	link := `{"location":"global","properties":{"virtualNetwork":{"id":"` + c.id(vnet) + `"},"registrationEnabled":true}}`
	c.want(c.must(http.MethodPut, zone+"/virtualNetworkLinks/one", link), "properties.virtualNetworkLinkState", "Completed")
	c.refused(http.MethodPut, zone+"/virtualNetworkLinks/two", link, 409, "Conflict")
	c.refused(http.MethodDelete, zone, "", 409, "CannotDeleteResource")
	c.want(c.must(http.MethodGet, zone, ""), "properties.numberOfRecordSets", 2.0)
	c.must(http.MethodDelete, zone+"/virtualNetworkLinks/one", "")
	c.must(http.MethodDelete, zone, "")
}

func TestTheResolver(t *testing.T) {
	t.Parallel()
	const resolver, ruleset = "Microsoft.Network/dnsResolvers/dnspr", "Microsoft.Network/dnsForwardingRulesets/company"
	c := newNetwork(t)
	for name, prefix := range map[string]string{"in": "10.0.1.0/28", "out": "10.0.1.16/28"} {
		c.must(http.MethodPut, vnet+"/subnets/"+name, `{"properties":{"addressPrefix":"`+prefix+`","delegations":[{"name":"d","properties":{"serviceName":"Microsoft.Network/dnsResolvers"}}]}}`)
	}
	network := `{"location":"westeurope","properties":{"virtualNetwork":{"id":"` + c.id(vnet) + `"}}}`
	c.must(http.MethodPut, resolver, network)
	c.refused(http.MethodPut, resolver+"2", network, 400, "BadRequest")

	inbound := func(subnet string) string {
		return `{"location":"westeurope","properties":{"ipConfigurations":[{"subnet":{"id":"` + c.id(subnet) + `"}}]}}`
	}
	c.refused(http.MethodPut, resolver+"/inboundEndpoints/in", inbound(subnet), 400, "InvalidSubnetDelegation")
	got := c.must(http.MethodPut, resolver+"/inboundEndpoints/in", inbound(vnet+"/subnets/in"))
	configuration, _ := got["properties"].(arm.Object)["ipConfigurations"].([]any)[0].(arm.Object)
	c.want(configuration, "privateIpAddress", "10.0.1.4")
	c.refused(http.MethodPut, resolver+"/outboundEndpoints/out", `{"location":"westeurope","properties":{"subnet":{"id":"`+c.id(vnet+"/subnets/in")+`"}}}`, 400, "BadRequest")
	c.must(http.MethodPut, resolver+"/outboundEndpoints/out", `{"location":"westeurope","properties":{"subnet":{"id":"`+c.id(vnet+"/subnets/out")+`"}}}`)

	c.must(http.MethodPut, ruleset, `{"location":"westeurope","properties":{"dnsResolverOutboundEndpoints":[{"id":"`+c.id(resolver+"/outboundEndpoints/out")+`"}]}}`)
	c.refused(http.MethodPut, ruleset+"/forwardingRules/corp", `{"properties":{"domainName":"corp.example","targetDnsServers":[{"ipAddress":"10.1.0.4"}]}}`, 400, "BadRequest")
	c.must(http.MethodPut, ruleset+"/forwardingRules/corp", `{"properties":{"domainName":"corp.example.","targetDnsServers":[{"ipAddress":"10.1.0.4"}]}}`)
	c.refused(http.MethodDelete, resolver+"/outboundEndpoints/out", "", 400, "InUse")
	c.refused(http.MethodDelete, vnet, "", 400, "InUseSubnetCannotBeDeleted")
}
