# METADATA
# title: Snapshots are closed to public networks
# description: Whoever may make a link to a snapshot that is open downloads it from anywhere.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false and network_access_policy to "DenyAll".
#   controls:
#     cis-azure-3.0.0: ["8.5"]
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-compute-snapshot-public-network
#   level: advisory
#   resources: [azurerm_snapshot]
#   subjects: [azurerm_snapshot.public_network_access_enabled, azurerm_snapshot.network_access_policy, snapshot public network]
package terrace.azure.compute.snapshot_public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "can be downloaded from public networks") if {
	some r in plan.planned("azurerm_snapshot")
	not plan.value(r, ["network_access_policy"], "AllowAll") in {"DenyAll", "AllowPrivate"}
	plan.certain(r, path, true) != false
}
