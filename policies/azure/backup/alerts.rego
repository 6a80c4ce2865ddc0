# METADATA
# title: Failed backups are told
# description: A backup that failed in silence is missed on the day it is needed.
# custom:
#   severity: medium
#   fix: Leave alerts_for_all_job_failures_enabled and alerts_for_critical_operation_failures_enabled in monitoring at true.
#   controls:
#     iso-27001-2022: ["A.8.16"]
#   id: azure-backup-alerts
#   level: advisory
#   resources: [azurerm_recovery_services_vault]
#   subjects:
#     - recovery vault alerts
#     - recovery vault monitoring
#     - azurerm_recovery_services_vault.monitoring
#     - azurerm_recovery_services_vault.alerts_for_all_job_failures_enabled
package terrace.azure.backup.alerts

import data.terrace.lib.plan

names := {"alerts_for_all_job_failures_enabled", "alerts_for_critical_operation_failures_enabled"}

deny contains plan.finding(r, path, "does not tell of failures") if {
	some r in plan.planned("azurerm_recovery_services_vault")
	some name in names
	path := ["monitoring", 0, name]
	plan.certain(r, path, true) != true
}
