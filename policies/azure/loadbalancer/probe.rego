# METADATA
# title: Rules of load balancers have a probe
# description: Without a probe the balancer sends traffic to machines that are away.
# custom:
#   severity: low
#   fix: Set probe_id.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-loadbalancer-probe
#   level: advisory
#   resources: [azurerm_lb_rule]
#   subjects: [azurerm_lb_rule.probe_id, load balancer rule probe, load balancer health probe]
package terrace.azure.loadbalancer.probe

import data.terrace.lib.plan

path := ["probe_id"]

deny contains plan.finding(r, path, "has no probe") if {
	some r in plan.planned("azurerm_lb_rule")
	not plan.present(r, path)
}
