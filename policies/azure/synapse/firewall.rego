# METADATA
# title: Synapse workspaces have no firewall rules
# description: A rule is a way in beside the private endpoint.
# custom:
#   severity: medium
#   fix: Take azurerm_synapse_firewall_rule away, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-synapse-firewall
#   level: advisory
#   resources: [azurerm_synapse_workspace, azurerm_synapse_firewall_rule]
#   subjects:
#     - Synapse firewall
#     - Synapse workspace no IP firewall rules
#     - azurerm_synapse_firewall_rule.start_ip_address
package terrace.azure.synapse.firewall

import data.terrace.lib.plan

deny contains plan.finding(r, ["start_ip_address"], "is a way in beside the private endpoint") if {
	some r in plan.planned("azurerm_synapse_firewall_rule")
}
