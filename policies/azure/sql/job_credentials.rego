# METADATA
# title: Jobs of SQL use managed identities
# description: The password of a job credential is in the state, and is never renewed.
# custom:
#   severity: low
#   fix: Leave out azurerm_mssql_job_credential, and give the job agent an identity.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-sql-job-credentials
#   level: advisory
#   resources: [azurerm_mssql_job_credential]
#   subjects:
#     - SQL job credential
package terrace.azure.sql.job_credentials

import data.terrace.lib.plan

deny contains plan.finding(r, ["password"], "is a password") if {
	some r in plan.planned("azurerm_mssql_job_credential")
	plan.present(r, ["password"])
}
