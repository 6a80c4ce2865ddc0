# METADATA
# title: Batch accounts take no shared keys
# description: A key opens the account, tells nobody who used it, and is never rotated in time.
# custom:
#   severity: medium
#   fix: Set allowed_authentication_modes to ["AAD"].
#   controls:
#     iso-27001-2022: ["A.5.17", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-batch-shared-keys
#   level: advisory
#   resources: [azurerm_batch_account]
#   subjects: [azurerm_batch_account.allowed_authentication_modes, batch account local auth, batch account shared key]
package terrace.azure.batch.shared_keys

import data.terrace.lib.plan

path := ["allowed_authentication_modes"]

deny contains plan.finding(r, path, "takes shared keys") if {
	some r in plan.planned("azurerm_batch_account")
	"SharedKey" in plan.value(r, path, ["AAD", "SharedKey", "TaskAuthenticationToken"])
}
