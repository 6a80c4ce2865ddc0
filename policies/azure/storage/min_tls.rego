# METADATA
# title: Storage accounts take TLS 1.2 or newer
# description: TLS 1.0 and 1.1 can be broken; who accepts them can be talked down to them.
# custom:
#   severity: high
#   fix: Set min_tls_version to "TLS1_2".
#   controls:
#     cis-azure-3.0.0: ["4.15"]
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-storage-min-tls
#   level: hard-mandatory
#   resources: [azurerm_storage_account]
#   subjects: [azurerm_storage_account.min_tls_version, storage minimum tls, storage min tls]
package terrace.azure.storage.min_tls

import data.terrace.lib.plan

path := ["min_tls_version"]

deny contains plan.finding(r, path, "takes TLS older than 1.2") if {
	some r in plan.planned("azurerm_storage_account")
	not plan.certain(r, path, "TLS1_2") in {"TLS1_2", "TLS1_3"}
}
