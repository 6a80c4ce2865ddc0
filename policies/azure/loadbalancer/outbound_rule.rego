# METADATA
# title: The way out is a NAT gateway
# description: Outbound rules of a load balancer run out of ports under load; a NAT gateway does not.
# custom:
#   severity: low
#   fix: Take azurerm_nat_gateway with azurerm_subnet_nat_gateway_association in place of the outbound rule.
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-loadbalancer-outbound-rule
#   level: advisory
#   resources: [azurerm_lb_outbound_rule]
#   subjects: [azurerm_lb_outbound_rule, load balancer outbound rule]
package terrace.azure.loadbalancer.outbound_rule

import data.terrace.lib.plan

deny contains plan.finding(r, [], "runs out of ports under load, where a NAT gateway would not") if {
	some r in plan.planned("azurerm_lb_outbound_rule")
}
