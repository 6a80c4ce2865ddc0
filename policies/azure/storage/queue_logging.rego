# METADATA
# title: Storage accounts log what is done to their queues
# description: Without logs nobody knows who read, wrote or deleted messages.
# custom:
#   severity: low
#   fix: "Log read, write and delete of queues: logging in azurerm_storage_account_queue_properties."
#   controls:
#     cis-azure-3.0.0: ["4.12"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-storage-queue-logging
#   level: advisory
#   resources: [azurerm_storage_account, azurerm_storage_account_queue_properties]
#   subjects:
#     - azurerm_storage_account.queue_properties.logging
#     - azurerm_storage_account_queue_properties.logging
#     - storage logging queue
#     - storage queue logging
package terrace.azure.storage.queue_logging

import data.terrace.lib.plan

path := ["queue_properties", 0, "logging"]

deny contains plan.finding(r, path, "does not log reads, writes and deletions of its queues") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, ["account_kind"], "StorageV2") in {"Storage", "StorageV2"}
	not logs(r, array.concat(path, [0]))
	not beside(r)
}

logs(r, path) if {
	every operation in ["read", "write", "delete"] {
		plan.value(r, array.concat(path, [operation]), false) == true
	}
}

beside(r) if {
	some properties in plan.associated(r, "azurerm_storage_account_queue_properties", "storage_account_id")
	logs(properties, ["logging", 0])
}
