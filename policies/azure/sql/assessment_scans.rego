# METADATA
# title: Vulnerability assessments of SQL scan again and again
# description: A scan that was made once says nothing of what was changed since.
# custom:
#   severity: medium
#   fix: Add recurring_scans with enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-5"]
#   id: azure-sql-assessment-scans
#   level: advisory
#   resources: [azurerm_mssql_server_vulnerability_assessment, azurerm_mssql_managed_instance_vulnerability_assessment]
#   subjects:
#     - azurerm_mssql_server_vulnerability_assessment.recurring_scans_enabled
#     - azurerm_mssql_managed_instance_vulnerability_assessment.recurring_scans_enabled
#     - VA periodic scans
#     - VA recurring scans
#     - SQL periodic scans
#     - vulnerability assessment scans
package terrace.azure.sql.assessment_scans

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_vulnerability_assessment",
	"azurerm_mssql_managed_instance_vulnerability_assessment",
]

path := ["recurring_scans", 0, "enabled"]

deny contains plan.finding(r, path, "does not scan again and again") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
