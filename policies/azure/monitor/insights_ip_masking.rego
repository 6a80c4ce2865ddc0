# METADATA
# title: Application Insights hides addresses of users
# description: Addresses are personal data.
# custom:
#   severity: low
#   fix: Leave ip_masking_enabled at true.
#   controls:
#     iso-27001-2022: ["A.5.34", "A.8.11"]
#   id: azure-monitor-insights-ip-masking
#   level: advisory
#   resources: [azurerm_application_insights]
#   subjects:
#     - azurerm_application_insights.ip_masking_enabled
#     - application insights ip masking
package terrace.azure.monitor.insights_ip_masking

import data.terrace.lib.plan

path := ["ip_masking_enabled"]

deny contains plan.finding(r, path, "keeps addresses of users") if {
	some r in plan.planned("azurerm_application_insights")
	plan.certain(r, path, true) != true
}
