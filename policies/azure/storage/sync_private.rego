# METADATA
# title: Storage Sync services are reached through private endpoints alone
# description: By default a Storage Sync service takes traffic from all public networks.
# custom:
#   severity: medium
#   fix: Set incoming_traffic_policy to "AllowVirtualNetworksOnly".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-storage-sync-private
#   level: soft-mandatory
#   resources: [azurerm_storage_sync]
#   subjects: [azurerm_storage_sync.incoming_traffic_policy, storage sync public access, storage sync permissive access]
package terrace.azure.storage.sync_private

import data.terrace.lib.plan

path := ["incoming_traffic_policy"]

deny contains plan.finding(r, path, "takes traffic from public networks") if {
	some r in plan.planned("azurerm_storage_sync")
	plan.certain(r, path, "AllowAllTraffic") != "AllowVirtualNetworksOnly"
}
