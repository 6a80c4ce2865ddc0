# METADATA
# title: Firewalls stop traffic with known attackers
# description: By default a firewall reports traffic with known attackers, and lets it pass.
# custom:
#   severity: high
#   fix: Set threat_intelligence_mode of the policy, or threat_intel_mode of the firewall, to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20", "A.5.7"]
#     mcsb: ["NS-3", "LT-1"]
#   id: azure-firewall-threat-intelligence
#   level: soft-mandatory
#   resources: [azurerm_firewall, azurerm_firewall_policy]
#   subjects:
#     - azurerm_firewall.threat_intel_mode
#     - azurerm_firewall_policy.threat_intelligence_mode
#     - firewall threat intel
#     - firewall deny threat intel mode
package terrace.azure.firewall.threat_intelligence

import data.terrace.lib.plan

deny contains plan.finding(r, path, "lets traffic with known attackers pass") if {
	some r in plan.planned("azurerm_firewall")
	not plan.present(r, ["firewall_policy_id"])
	path := ["threat_intel_mode"]
	plan.certain(r, path, "Alert") != "Deny"
}

deny contains plan.finding(r, path, "lets traffic with known attackers pass") if {
	some r in plan.planned("azurerm_firewall_policy")
	path := ["threat_intelligence_mode"]
	plan.certain(r, path, "Alert") != "Deny"
}
