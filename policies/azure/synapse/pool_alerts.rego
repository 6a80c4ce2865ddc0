# METADATA
# title: SQL pools of Synapse have a security alert policy
# description: The policy is what finds injections and strange logins.
# custom:
#   severity: medium
#   fix: Add azurerm_synapse_sql_pool_security_alert_policy with sql_pool_id and policy_state = "Enabled".
#   controls:
#     iso-27001-2022: ["A.8.16"]
#     mcsb: ["LT-1"]
#   id: azure-synapse-pool-alerts
#   level: advisory
#   resources: [azurerm_synapse_sql_pool, azurerm_synapse_sql_pool_security_alert_policy]
#   subjects:
#     - Synapse SQL pool security alert policy
#     - Synapse pool alert
package terrace.azure.synapse.pool_alerts

import data.terrace.lib.plan

deny contains plan.finding(r, [], "has no security alert policy that is on") if {
	some r in plan.planned("azurerm_synapse_sql_pool")
	on := [policy |
		some policy in plan.associated(r, "azurerm_synapse_sql_pool_security_alert_policy", "sql_pool_id")
		plan.value(policy, ["policy_state"], "") == "Enabled"
	]
	count(on) == 0
}
