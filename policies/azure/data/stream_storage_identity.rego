# METADATA
# title: Jobs of Stream Analytics use managed identities
# description: A connection string is a secret that is never renewed.
# custom:
#   severity: low
#   fix: Set authentication_mode in job_storage_account to "Msi".
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-data-stream-storage-identity
#   level: advisory
#   resources: [azurerm_stream_analytics_job]
#   subjects:
#     - azurerm_stream_analytics_job.job_storage_account_authentication_mode
#     - stream analytics storage
package terrace.azure.data.stream_storage_identity

import data.terrace.lib.plan

path := ["job_storage_account", 0, "authentication_mode"]

deny contains plan.finding(r, path, "uses a connection string") if {
	some r in plan.planned("azurerm_stream_analytics_job")
	plan.present(r, ["job_storage_account", 0])
	plan.certain(r, path, "ConnectionString") != "Msi"
}
