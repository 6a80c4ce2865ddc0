# METADATA
# title: Container registries have no admin account
# description: One password for everybody tells nobody who pushed an image.
# custom:
#   severity: high
#   fix: Set admin_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1", "PA-7"]
#   id: azure-acr-admin-account
#   level: hard-mandatory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.admin_enabled, ACR admin account, container registry admin account]
package terrace.azure.acr.admin_account

import data.terrace.lib.plan

path := ["admin_enabled"]

deny contains plan.finding(r, path, "has an admin account") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, false) != false
}
