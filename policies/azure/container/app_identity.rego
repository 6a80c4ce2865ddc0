# METADATA
# title: Container apps have a managed identity
# description: An app without an identity needs passwords to use anything.
# custom:
#   severity: low
#   fix: Add identity with type = "UserAssigned".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-container-app-identity
#   level: advisory
#   resources: [azurerm_container_app]
#   subjects: [azurerm_container_app.identity, container app managed identity]
package terrace.azure.container.app_identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no identity") if {
	some r in plan.planned("azurerm_container_app")
	not plan.present(r, path)
}
