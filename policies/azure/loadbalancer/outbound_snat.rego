# METADATA
# title: Rules of load balancers do not leave a way out open
# description: A rule that also lets machines out does so through few ports, unseen by the firewall.
# custom:
#   severity: low
#   fix: Set disable_outbound_snat to true, and give the machines a NAT gateway.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-loadbalancer-outbound-snat
#   level: advisory
#   resources: [azurerm_lb_rule]
#   subjects: [azurerm_lb_rule.disable_outbound_snat, load balancer rule outbound snat]
package terrace.azure.loadbalancer.outbound_snat

import data.terrace.lib.plan

path := ["disable_outbound_snat"]

deny contains plan.finding(r, path, "lets machines out, too") if {
	some r in plan.planned("azurerm_lb_rule")
	plan.certain(r, path, false) != true
}
