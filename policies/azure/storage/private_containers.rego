# METADATA
# title: Storage containers are private
# description: A container of access type blob or container is read by everyone without a login.
# custom:
#   severity: high
#   fix: Set container_access_type to "private".
#   controls:
#     cis-azure-3.0.0: ["4.17"]
#     iso-27001-2022: ["A.8.3"]
#     mcsb: ["NS-2", "IM-1"]
#   id: azure-storage-private-containers
#   level: hard-mandatory
#   resources: [azurerm_storage_container]
#   subjects:
#     - azurerm_storage_container.container_access_type
#     - storage container private
#     - storage container public
#     - storage blob container private access
package terrace.azure.storage.private_containers

import data.terrace.lib.plan

path := ["container_access_type"]

deny contains plan.finding(r, path, "is read by everyone") if {
	some r in plan.planned("azurerm_storage_container")
	plan.certain(r, path, "private") != "private"
}
