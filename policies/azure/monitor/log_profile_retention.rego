# METADATA
# title: Log profiles keep activities for a year
# description: An attack is often found months later.
# custom:
#   severity: medium
#   fix: "Set days in retention_policy to at least 365, or 0 without limit; newer versions of the provider: azurerm_monitor_diagnostic_setting for the subscription."
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-6"]
#   id: azure-monitor-log-profile-retention
#   level: advisory
#   resources: [azurerm_monitor_log_profile]
#   subjects:
#     - log profile retention
#     - activity log retention
#     - azurerm_monitor_log_profile.retention_policy
package terrace.azure.monitor.log_profile_retention

import data.terrace.lib.plan

path := ["retention_policy", 0, "days"]

deny contains plan.finding(r, path, "keeps activities for less than a year") if {
	some r in plan.planned("azurerm_monitor_log_profile")
	not kept(r)
}

kept(r) if {
	plan.value(r, ["retention_policy", 0, "enabled"], false) == true
	plan.value(r, path, 0) >= 365
}

kept(r) if {
	plan.value(r, ["retention_policy", 0, "enabled"], true) == false
	plan.value(r, path, 0) == 0
}
