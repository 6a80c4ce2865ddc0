# METADATA
# title: Log profiles keep all activities
# description: What is left out is not known afterwards.
# custom:
#   severity: medium
#   fix: "Set categories to \"Write\", \"Delete\" and \"Action\"; newer versions of the provider: azurerm_monitor_diagnostic_setting for the subscription."
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-log-profile-categories
#   level: advisory
#   resources: [azurerm_monitor_log_profile]
#   subjects:
#     - log profile categories
#     - azurerm_monitor_log_profile.categories
package terrace.azure.monitor.log_profile_categories

import data.terrace.lib.plan

path := ["categories"]

deny contains plan.finding(r, path, "leaves out activities") if {
	some r in plan.planned("azurerm_monitor_log_profile")
	kept := {c | some c in plan.value(r, path, [])}
	count({"Write", "Delete", "Action"} - kept) > 0
}
