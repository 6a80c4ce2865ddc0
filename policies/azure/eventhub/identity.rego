# METADATA
# title: Event Hubs have a managed identity
# description: With one, they reach keys and storage without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-eventhub-identity
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - azurerm_eventhub_namespace.identity_type
#     - Event hub identity
package terrace.azure.eventhub.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	not plan.present(r, path)
}
