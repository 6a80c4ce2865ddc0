# METADATA
# title: Container groups have a managed identity
# description: A container without an identity needs passwords to use anything.
# custom:
#   severity: low
#   fix: Add identity with type = "SystemAssigned" or "UserAssigned".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-container-group-identity
#   level: advisory
#   resources: [azurerm_container_group]
#   subjects: [azurerm_container_group.identity, container instance managed identity, container group managed identity]
package terrace.azure.container.group_identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no identity") if {
	some r in plan.planned("azurerm_container_group")
	not plan.present(r, path)
}
