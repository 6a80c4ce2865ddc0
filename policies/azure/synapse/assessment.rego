# METADATA
# title: Synapse is assessed for vulnerabilities again and again
# description: A scan that was made once says nothing of what was changed since.
# custom:
#   severity: medium
#   fix: Add recurring_scans with enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-5"]
#   id: azure-synapse-assessment
#   level: advisory
#   resources:
#     - azurerm_synapse_workspace_vulnerability_assessment
#     - azurerm_synapse_sql_pool_vulnerability_assessment
#     - azurerm_synapse_workspace_security_alert_policy
#     - azurerm_synapse_sql_pool_security_alert_policy
#   subjects:
#     - Synapse VA
#     - Synapse vulnerability assessment
#     - Synapse workspace VA enabled
#     - azurerm_synapse_workspace_vulnerability_assessment.recurring_scans
package terrace.azure.synapse.assessment

import data.terrace.lib.plan

types := ["azurerm_synapse_workspace_vulnerability_assessment", "azurerm_synapse_sql_pool_vulnerability_assessment"]

path := ["recurring_scans", 0, "enabled"]

deny contains plan.finding(r, path, "does not scan again and again") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}

# A policy without an assessment.
deny contains plan.finding(r, [], "has no vulnerability assessment") if {
	some pair in [
		["azurerm_synapse_workspace_security_alert_policy", "azurerm_synapse_workspace_vulnerability_assessment", "workspace_security_alert_policy_id"],
		["azurerm_synapse_sql_pool_security_alert_policy", "azurerm_synapse_sql_pool_vulnerability_assessment", "sql_pool_security_alert_policy_id"],
	]
	some r in plan.planned(pair[0])
	count(plan.associated(r, pair[1], pair[2])) == 0
}
