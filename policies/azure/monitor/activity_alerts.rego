# METADATA
# title: Changes of what protects are alerted
# description: Who takes a guard away is noticed at once; CIS names ten such operations.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_activity_log_alert with criteria for the operation.
#   controls:
#     cis-azure-3.0.0: ["6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6", "6.2.7", "6.2.8", "6.2.9", "6.2.10"]
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-activity-alerts
#   level: advisory
#   resources: [azurerm_monitor_activity_log_alert]
#   subjects:
#     - activity log alert operation
#     - activity alert create
package terrace.azure.monitor.activity_alerts

import data.terrace.lib.plan

# The operations, and what it means when they are done.
operations := {
	"microsoft.authorization/policyassignments/write": "policy assignments are made",
	"microsoft.authorization/policyassignments/delete": "policy assignments are deleted",
	"microsoft.network/networksecuritygroups/write": "network security groups are changed",
	"microsoft.network/networksecuritygroups/delete": "network security groups are deleted",
	"microsoft.security/securitysolutions/write": "security solutions are changed",
	"microsoft.security/securitysolutions/delete": "security solutions are deleted",
	"microsoft.sql/servers/firewallrules/write": "firewall rules of SQL are changed",
	"microsoft.sql/servers/firewallrules/delete": "firewall rules of SQL are deleted",
	"microsoft.network/publicipaddresses/write": "public addresses are changed",
	"microsoft.network/publicipaddresses/delete": "public addresses are deleted",
}

# Where a plan has alerts of activities at all, it has those.
deny contains plan.finding(first, ["criteria"], sprintf("has no alert beside it for when %s", [meaning])) if {
	some operation, meaning in operations
	not operation in alerted
	first := alerts[0]
}

alerts := [r |
	some r in plan.planned("azurerm_monitor_activity_log_alert")
	plan.value(r, ["criteria", 0, "category"], "") == "Administrative"
]

alerted := {lower(plan.value(r, ["criteria", 0, "operation_name"], "")) | some r in alerts}
