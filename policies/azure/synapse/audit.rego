# METADATA
# title: Synapse workspaces keep an audit log
# description: Who read or changed what is known afterwards only from the audit log.
# custom:
#   severity: medium
#   fix: Add azurerm_synapse_workspace_extended_auditing_policy with synapse_workspace_id.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-synapse-audit
#   level: advisory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - Synapse workspace extended audit
#     - Synapse workspace audit log
package terrace.azure.synapse.audit

import data.terrace.lib.plan

deny contains plan.finding(r, [], "keeps no audit log") if {
	some r in plan.planned("azurerm_synapse_workspace")
	count(plan.associated(r, "azurerm_synapse_workspace_extended_auditing_policy", "synapse_workspace_id")) == 0
}
