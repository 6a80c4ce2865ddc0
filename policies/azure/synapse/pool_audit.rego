# METADATA
# title: SQL pools of Synapse send their audit log to Azure Monitor
# description: Who read or changed what is known afterwards only from the audit log.
# custom:
#   severity: medium
#   fix: Add azurerm_synapse_sql_pool_extended_auditing_policy with sql_pool_id and log_monitoring_enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-synapse-pool-audit
#   level: advisory
#   resources: [azurerm_synapse_sql_pool, azurerm_synapse_sql_pool_extended_auditing_policy]
#   subjects:
#     - Synapse log monitoring SQL pool
#     - Synapse SQL pool audit
package terrace.azure.synapse.pool_audit

import data.terrace.lib.plan

deny contains plan.finding(r, [], "sends no audit log to Azure Monitor") if {
	some r in plan.planned("azurerm_synapse_sql_pool")
	sending := [policy |
		some policy in plan.associated(r, "azurerm_synapse_sql_pool_extended_auditing_policy", "sql_pool_id")
		plan.value(policy, ["log_monitoring_enabled"], true) == true
	]
	count(sending) == 0
}
