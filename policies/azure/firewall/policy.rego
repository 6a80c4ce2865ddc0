# METADATA
# title: Firewalls follow a policy
# description: Rules in a policy are the same for all firewalls, and inherit what the organisation asks for.
# custom:
#   severity: medium
#   fix: Set firewall_policy_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-3"]
#   id: azure-firewall-policy
#   level: soft-mandatory
#   resources: [azurerm_firewall]
#   subjects: [azurerm_firewall.firewall_policy_id, firewall defines policy, firewall policy id]
package terrace.azure.firewall.policy

import data.terrace.lib.plan

path := ["firewall_policy_id"]

deny contains plan.finding(r, path, "follows no policy") if {
	some r in plan.planned("azurerm_firewall")
	not plan.present(r, path)
}
