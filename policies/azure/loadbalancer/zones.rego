# METADATA
# title: Load balancers inside of a network are in several zones
# description: An address in one zone is away with it, and with it what stands behind.
# custom:
#   severity: medium
#   fix: Set zones to ["1", "2", "3"] in frontend_ip_configuration.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-loadbalancer-zones
#   level: advisory
#   resources: [azurerm_lb]
#   subjects: [azurerm_lb.frontend_ip_configuration.zones, load balancer zone, azurerm_lb.zone]
package terrace.azure.loadbalancer.zones

import data.terrace.lib.plan

deny contains plan.finding(r, path, "has an address in fewer than two zones") if {
	some r in plan.planned("azurerm_lb")
	some i, _ in plan.blocks(r, ["frontend_ip_configuration"])
	not plan.present(r, ["frontend_ip_configuration", i, "public_ip_address_id"])
	not plan.present(r, ["frontend_ip_configuration", i, "public_ip_prefix_id"])
	path := ["frontend_ip_configuration", i, "zones"]
	not plan.spread(r, path)
}
