# METADATA
# title: Captures of Event Hubs use a managed identity
# description: A SAS of the storage account is a secret that is never renewed.
# custom:
#   severity: low
#   fix: Set storage_authentication_type in destination to "SystemAssigned" or "UserAssigned".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-eventhub-capture-identity
#   level: advisory
#   resources: [azurerm_eventhub]
#   subjects:
#     - azurerm_eventhub.capture_description_destination_storage_authentication_type
#     - Event hub capture
package terrace.azure.eventhub.capture_identity

import data.terrace.lib.plan

path := ["capture_description", 0, "destination", 0, "storage_authentication_type"]

deny contains plan.finding(r, path, "captures with a SAS") if {
	some r in plan.planned("azurerm_eventhub")
	plan.present(r, ["capture_description", 0])
	not plan.certain(r, path, "StorageSAS") in {"SystemAssigned", "UserAssigned"}
}
