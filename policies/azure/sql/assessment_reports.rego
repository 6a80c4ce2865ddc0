# METADATA
# title: Reports of vulnerability assessments reach somebody
# description: A report that nobody reads mends nothing.
# custom:
#   severity: medium
#   fix: Set emails, or email_subscription_admins, in recurring_scans.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-5"]
#   id: azure-sql-assessment-reports
#   level: advisory
#   resources: [azurerm_mssql_server_vulnerability_assessment, azurerm_mssql_managed_instance_vulnerability_assessment]
#   subjects:
#     - azurerm_mssql_server_vulnerability_assessment.recurring_scans_emails
#     - azurerm_mssql_managed_instance_vulnerability_assessment.recurring_scans_emails
#     - VA send reports
#     - VA emails
#     - vulnerability assessment emails
package terrace.azure.sql.assessment_reports

import data.terrace.lib.plan

types := [
	"azurerm_mssql_server_vulnerability_assessment",
	"azurerm_mssql_managed_instance_vulnerability_assessment",
]

path := ["recurring_scans", 0, "emails"]

deny contains plan.finding(r, path, "sends its reports to nobody") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
