package kinds_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// gateway is a complete one: NAME is replaced by what a test breaks.
func gateway(c *dataCloud, changes ...string) string {
	id := c.id("Microsoft.Network/applicationGateways/agw")
	body := `{"location":"westeurope","properties":{"sku":{"name":"WAF_v2","tier":"WAF_v2"},
		"gatewayIPConfigurations":[{"name":"gw","properties":{"subnet":{"id":"` + c.id(subnet) + `"}}}],
		"frontendIPConfigurations":[{"name":"private","properties":{"subnet":{"id":"` + c.id(subnet) + `"},"privateIPAddress":"10.0.0.100"}}],
		"frontendPorts":[{"name":"p80","properties":{"port":80}}],"backendAddressPools":[{"name":"pool"}],
		"backendHttpSettingsCollection":[{"name":"settings","properties":{"port":80,"protocol":"Http"}}],
		"httpListeners":[{"name":"l","properties":{"protocol":"Http","frontendIPConfiguration":{"id":"` + id + `/frontendIPConfigurations/private"},"frontendPort":{"id":"` + id + `/frontendPorts/p80"}}}],
		"requestRoutingRules":[{"name":"r","properties":{"priority":1,"ruleType":"Basic","httpListener":{"id":"` + id + `/httpListeners/l"},"backendAddressPool":{"id":"` + id + `/backendAddressPools/pool"}}}],
		"firewallPolicy":{"id":"` + c.id("Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies/waf") + `"}}}`
	return strings.NewReplacer(changes...).Replace(body)
}

func TestApplicationGateways(t *testing.T) {
	t.Parallel()
	const agw, waf = "Microsoft.Network/applicationGateways/agw", "Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies/waf"
	c := newNetwork(t)
	c.refused(http.MethodPut, waf, `{"location":"westeurope","properties":{"managedRules":{"managedRuleSets":[]}}}`, 400, "ApplicationGatewayFirewallPolicyInvalidRuleSets")
	c.refused(http.MethodPut, agw, gateway(c), 400, "InvalidResourceReference")
	c.must(http.MethodPut, waf, `{"location":"westeurope","properties":{"managedRules":{"managedRuleSets":[{"ruleSetType":"Microsoft_DefaultRuleSet","ruleSetVersion":"2.2"}]}}}`)
	for code, change := range map[string][]string{
		"ApplicationGatewayV1SkuRetired":                      {`"tier":"WAF_v2"`, `"tier":"WAF"`},
		"InvalidResourceReference":                            {"backendAddressPools/pool", "backendAddressPools/none"},
		"ApplicationGatewayHttpsListenerMustReferenceSslCert": {`{"protocol":"Http","frontendIP`, `{"protocol":"Https","frontendIP`},
		"PrivateIPAddressNotInSubnet":                         {"10.0.0.100", "10.9.0.100"},
	} {
		c.refused(http.MethodPut, agw, gateway(c, change...), 400, code)
	}
	c.must(http.MethodPut, agw, gateway(c))
	got := c.must(http.MethodGet, agw, "")
	c.want(got, "properties.operationalState", "Running")
	pool, _ := got["properties"].(arm.Object)["backendAddressPools"].([]any)[0].(arm.Object)
	c.want(pool, "id", c.id(agw+"/backendAddressPools/pool"))
	c.want(c.must(http.MethodGet, waf, ""), "properties.applicationGateways", []any{arm.Object{"id": c.id(agw)}})
	c.refused(http.MethodDelete, waf, "", 400, "ApplicationGatewayFirewallPolicyInUse")
	c.refused(http.MethodDelete, subnet, "", 400, "InUseSubnetCannotBeDeleted")
}
