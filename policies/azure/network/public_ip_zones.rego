# METADATA
# title: Public addresses are in several zones
# description: An address that is in one zone is away with it, and with it what stands behind.
# custom:
#   severity: low
#   fix: Set zones to ["1", "2", "3"].
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-network-public-ip-zones
#   level: advisory
#   resources: [azurerm_public_ip]
#   subjects: [azurerm_public_ip.zones, public IP zone]
package terrace.azure.network.public_ip_zones

import data.terrace.lib.plan

path := ["zones"]

deny contains plan.finding(r, path, "is in fewer than two zones") if {
	some r in plan.planned("azurerm_public_ip")
	not plan.spread(r, path)
}
