# METADATA
# title: Private endpoints have their names in private DNS
# description: Without it, the name of the service leads to its public address still.
# custom:
#   severity: low
#   fix: Add private_dns_zone_group with private_dns_zone_ids.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-10"]
#   id: azure-network-private-endpoint-dns
#   level: advisory
#   resources: [azurerm_private_endpoint]
#   subjects: [azurerm_private_endpoint.private_dns_zone_group, private endpoint DNS zone]
package terrace.azure.network.private_endpoint_dns

import data.terrace.lib.plan

path := ["private_dns_zone_group"]

deny contains plan.finding(r, path, "has no name in private DNS") if {
	some r in plan.planned("azurerm_private_endpoint")
	not plan.present(r, path)
}
