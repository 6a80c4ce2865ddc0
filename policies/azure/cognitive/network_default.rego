# METADATA
# title: Firewalls of AI services deny by default
# description: Rules that allow mean nothing where all else is allowed, too.
# custom:
#   severity: medium
#   fix: Set default_action in network_acls to "Deny".
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-cognitive-network-default
#   level: advisory
#   resources: [azurerm_cognitive_account, azurerm_ai_services]
#   subjects:
#     - cognitive network acl
#     - cognitive firewall
#     - cognitive restrict network
#     - azurerm_cognitive_account.network_acls
package terrace.azure.cognitive.network_default

import data.terrace.lib.plan

types := ["azurerm_cognitive_account", "azurerm_ai_services"]

path := ["network_acls", 0, "default_action"]

deny contains plan.finding(r, path, "admits by default") if {
	some r in plan.planned_any(types)
	not closed(r)
	plan.certain(r, path, "Allow") != "Deny"
}

closed(r) if plan.value(r, ["public_network_access_enabled"], true) == false

closed(r) if plan.value(r, ["public_network_access"], "Enabled") == "Disabled"
