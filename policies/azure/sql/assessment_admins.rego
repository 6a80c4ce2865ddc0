# METADATA
# title: Reports of vulnerability assessments reach the administrators
# description: Owners of the subscription can act at once.
# custom:
#   severity: low
#   fix: Set email_subscription_admins in recurring_scans to true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-5"]
#   id: azure-sql-assessment-admins
#   level: advisory
#   resources: [azurerm_mssql_server_vulnerability_assessment, azurerm_mssql_managed_instance_vulnerability_assessment]
#   subjects:
#     - azurerm_mssql_server_vulnerability_assessment.recurring_scans_email_subscription_admins
#     - azurerm_mssql_managed_instance_vulnerability_assessment.recurring_scans_email_subscription_admins
#     - VA send reports admins
#     - VA email admins
#     - vulnerability assessment admins
package terrace.azure.sql.assessment_admins

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_vulnerability_assessment",
	"azurerm_mssql_managed_instance_vulnerability_assessment",
]

path := ["recurring_scans", 0, "email_subscription_admins"]

deny contains plan.finding(r, path, "does not send its reports to the administrators") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
