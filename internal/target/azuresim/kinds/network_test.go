package kinds_test

import (
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	vnet   = "Microsoft.Network/virtualNetworks/vnet"
	subnet = vnet + "/subnets/apps"
)

// newNetwork is a cloud with a network of 10.0.0.0/16 and the subnet apps, 10.0.0.0/24.
func newNetwork(t *testing.T) *dataCloud {
	t.Helper()
	c := newDataCloud(t)
	c.must(http.MethodPut, vnet, `{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`)
	c.must(http.MethodPut, subnet, `{"properties":{"addressPrefix":"10.0.0.0/24"}}`)
	return c
}

func (c *dataCloud) id(path string) string { return c.group + "/providers/" + path }

func TestSubnetsHaveRangesOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := newNetwork(t)
	for name, tc := range map[string]struct{ prefix, code string }{
		"outside": {"10.1.0.0/24", "NetcfgInvalidSubnet"}, "overlap": {"10.0.0.128/25", "NetcfgSubnetRangesOverlap"}, "tiny": {"10.0.1.0/30", "NetcfgInvalidSubnet"},
		"crooked": {"10.0.1.1/24", "InvalidCIDRNotation"}, "nonsense": {"ten", "InvalidAddressPrefixFormat"},
	} {
		c.refused(http.MethodPut, vnet+"/subnets/"+name, `{"properties":{"addressPrefixes":["`+tc.prefix+`"]}}`, 400, tc.code)
	}
	c.refused(http.MethodPut, vnet, `{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.2.0.0/16"]}}}`, 400, "InUsePrefixCannotBeDeleted")
	c.must(http.MethodPut, vnet+"/subnets/db", `{"properties":{"addressPrefixes":["10.0.1.0/24"],"delegations":[{"name":"d","properties":{"serviceName":"Microsoft.DBforMySQL/flexibleServers"}}]}}`)
	got := c.must(http.MethodGet, vnet+"/subnets/db", "")
	d, _ := got["properties"].(arm.Object)["delegations"].([]any)[0].(arm.Object)
	c.want(d, "properties.actions", []any{"Microsoft.Network/virtualNetworks/subnets/join/action"})
	c.must(http.MethodDelete, vnet, "")
}

func TestSecurityGroups(t *testing.T) {
	t.Parallel()
	const group = "Microsoft.Network/networkSecurityGroups/nsg"
	c := newNetwork(t)
	rule := func(name string, priority string) string {
		return `{"name":"` + name + `","properties":{"priority":` + priority + `,"direction":"Inbound","access":"Deny","protocol":"*","sourceAddressPrefix":"Internet","destinationAddressPrefix":"*","sourcePortRange":"*","destinationPortRange":"*"}}`
	}
	put := func(rules string) string {
		return `{"location":"westeurope","properties":{"securityRules":[` + rules + `]}}`
	}
	c.must(http.MethodPut, group, put(rule("a", "100")+","+rule("b", "110")))
	got := c.must(http.MethodGet, group, "")
	if rules := got["properties"].(arm.Object)["defaultSecurityRules"].([]any); len(rules) != 6 {
		t.Errorf("a group has six rules of Azure, not %d", len(rules))
	}
	c.must(http.MethodPut, group, put(rule("a", "110")+","+rule("b", "100")))
	c.refused(http.MethodPut, group, put(rule("a", "100")+","+rule("b", "100")), 400, "SecurityRuleConflict")
	c.refused(http.MethodPut, group, put(rule("a", "5000")), 400, "SecurityRuleInvalidPriority")

	c.must(http.MethodPut, subnet, `{"properties":{"addressPrefix":"10.0.0.0/24","networkSecurityGroup":{"id":"`+c.id(group)+`"}}}`)
	c.refused(http.MethodDelete, group, "", 400, "InUseNetworkSecurityGroupCannotBeDeleted")
	c.refused(http.MethodPut, subnet, `{"properties":{"addressPrefix":"10.0.0.0/24","routeTable":{"id":"`+c.id("Microsoft.Network/routeTables/none")+`"}}}`, 400, "InvalidResourceReference")
}

func TestPrivateEndpoints(t *testing.T) {
	t.Parallel()
	const endpoint, zone = "Microsoft.Network/privateEndpoints/pe", "Microsoft.Network/privateDnsZones/privatelink.redis.azure.net"
	c := newNetwork(t)
	c.must(http.MethodPut, "Microsoft.Cache/redisEnterprise/redis-shop", `{"location":"westeurope","sku":{"name":"Balanced_B1"},"properties":{"publicNetworkAccess":"Disabled"}}`)
	c.must(http.MethodPut, zone, `{"location":"global"}`)
	c.refused(http.MethodPut, endpoint, `{"location":"westeurope","properties":{"subnet":{"id":4},"privateLinkServiceConnections":[{"name":"c"}]}}`, 400, "InvalidRequestFormat")
	c.must(http.MethodPut, endpoint, `{"location":"westeurope","properties":{"subnet":{"id":"`+c.id(subnet)+`"},"customNetworkInterfaceName":"nic-pe",
		"privateLinkServiceConnections":[{"name":"c","properties":{"groupIds":["redisEnterprise"],"privateLinkServiceId":"`+c.id("Microsoft.Cache/redisEnterprise/redis-shop")+`"}}]}}`)
	nic := c.must(http.MethodGet, "Microsoft.Network/networkInterfaces/nic-pe", "")
	configuration, _ := nic["properties"].(arm.Object)["ipConfigurations"].([]any)[0].(arm.Object)
	c.want(configuration, "properties.privateIPAddress", "10.0.0.4")

	c.must(http.MethodPut, endpoint+"/privateDnsZoneGroups/default", `{"properties":{"privateDnsZoneConfigs":[{"name":"z","properties":{"privateDnsZoneId":"`+c.id(zone)+`"}}]}}`)
	record := c.must(http.MethodGet, zone+"/A/redis-shop", "")
	c.want(record, "properties.aRecords", []any{arm.Object{"ipv4Address": "10.0.0.4"}})
	c.refused(http.MethodDelete, subnet, "", 400, "InUseSubnetCannotBeDeleted")
	c.refused(http.MethodDelete, "Microsoft.Network/networkInterfaces/nic-pe", "", 400, "NetworkInterfaceInUseByPrivateEndpoint")

	c.must(http.MethodDelete, endpoint, "")
	for _, gone := range []string{zone + "/A/redis-shop", "Microsoft.Network/networkInterfaces/nic-pe"} {
		if status, _ := c.do(http.MethodGet, gone, ""); status != http.StatusNotFound {
			t.Errorf("%s must go with its endpoint: %d", gone, status)
		}
	}
	c.must(http.MethodDelete, subnet, "")
}

func TestNATGateways(t *testing.T) {
	t.Parallel()
	const nat, ip = "Microsoft.Network/natGateways/ng", "Microsoft.Network/publicIPAddresses/pip"
	c := newNetwork(t)
	c.refused(http.MethodPut, ip, `{"location":"westeurope","sku":{"name":"Basic"}}`, 400, "BasicSkuPublicIpCreationDeprecated")
	c.must(http.MethodPut, ip, `{"location":"westeurope","sku":{"name":"StandardV2"},"properties":{"dnsSettings":{"domainNameLabel":"shop"}}}`)
	got := c.must(http.MethodGet, ip, "")
	c.want(got, "properties.ipAddress", "203.0.113.1")
	c.want(got, "properties.dnsSettings.fqdn", "shop.westeurope.cloudapp.azuresim.localhost")
	c.refused(http.MethodPut, ip+"2", `{"location":"westeurope","properties":{"dnsSettings":{"domainNameLabel":"shop"}}}`, 400, "DnsRecordInUse")

	c.refused(http.MethodPut, nat, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{"publicIpAddresses":[{"id":"`+c.id(ip)+`"}]}}`, 400, "NatGatewayPublicIpSkuMismatch")
	c.must(http.MethodPut, nat, `{"location":"westeurope","sku":{"name":"StandardV2"},"properties":{"publicIpAddresses":[{"id":"`+c.id(ip)+`"}]}}`)
	c.must(http.MethodPut, subnet, `{"properties":{"addressPrefix":"10.0.0.0/24","natGateway":{"id":"`+c.id(nat)+`"}}}`)
	c.refused(http.MethodDelete, ip, "", 400, "PublicIPAddressCannotBeDeleted")
	c.refused(http.MethodDelete, nat, "", 400, "InUseNatGatewayCannotBeDeleted")

	first := c.must(http.MethodPut, "Microsoft.Network/publicIPPrefixes/a", `{"location":"westeurope","properties":{"prefixLength":30}}`)
	second := c.must(http.MethodPut, "Microsoft.Network/publicIPPrefixes/b", `{"location":"westeurope","properties":{"prefixLength":31}}`)
	c.want(first, "properties.ipPrefix", "198.18.0.0/30")
	c.want(second, "properties.ipPrefix", "198.18.0.4/31")
}

func TestARegionHasOneNetworkWatcher(t *testing.T) {
	t.Parallel()
	c := newNetwork(t)
	const watchers = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/NetworkWatcherRG"
	c.must(http.MethodGet, watchers+"/providers/Microsoft.Network/networkWatchers/NetworkWatcher_westeurope", "")
	c.refused(http.MethodPut, "Microsoft.Network/networkWatchers/own", `{"location":"westeurope"}`, 400, "NetworkWatcherCountLimitReached")
	c.refused(http.MethodPut, watchers+"/providers/Microsoft.Network/networkWatchers/NetworkWatcher_westeurope/flowLogs/fl",
		`{"location":"westeurope","properties":{"targetResourceId":"`+c.id(vnet)+`","storageId":"`+c.id("Microsoft.Storage/storageAccounts/none")+`"}}`, 400, "InvalidResourceReference")
	c.must(http.MethodDelete, vnet, "")
	if status, _ := c.do(http.MethodGet, watchers, ""); status != http.StatusNotFound {
		t.Errorf("the watcher must go with the last network: %d", status)
	}
}
