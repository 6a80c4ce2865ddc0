# METADATA
# title: Log profiles keep activities of all regions
# description: What is done where nobody looks is not known afterwards.
# custom:
#   severity: medium
#   fix: "Set locations to all regions and \"global\"; newer versions of the provider: azurerm_monitor_diagnostic_setting for the subscription."
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-log-profile-locations
#   level: advisory
#   resources: [azurerm_monitor_log_profile]
#   subjects:
#     - log profile locations
#     - log profile regions
#     - azurerm_monitor_log_profile.locations
package terrace.azure.monitor.log_profile_locations

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["locations"]

deny contains plan.finding(r, path, "leaves out regions") if {
	some r in plan.planned("azurerm_monitor_log_profile")
	kept := {lower(replace(l, " ", "")) | some l in plan.value(r, path, [])}
	count(({"global"} | azure.zonal_regions) - (kept | {"chinanorth3", "usgovvirginia"})) > 0
}
