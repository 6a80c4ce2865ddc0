# METADATA
# title: Container registries hold images until they are scanned
# description: An image that nobody has looked at is not pulled.
# custom:
#   severity: low
#   fix: Set quarantine_policy_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["DS-6", "PV-5"]
#   id: azure-acr-quarantine
#   level: advisory
#   resources: [azurerm_container_registry]
#   subjects: [azurerm_container_registry.quarantine_policy_enabled, ACR image quarantine, container registry image quarantine]
package terrace.azure.acr.quarantine

import data.terrace.lib.plan

path := ["quarantine_policy_enabled"]

deny contains plan.finding(r, path, "lets images be pulled that nobody has scanned") if {
	some r in plan.planned("azurerm_container_registry")
	plan.certain(r, path, false) != true
}
