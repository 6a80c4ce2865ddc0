# METADATA
# title: Firewall policies stop intrusions
# description: What is in allowed traffic is inspected only where detection of intrusions is switched on.
# custom:
#   severity: medium
#   fix: Add intrusion_detection with mode = "Deny", in a policy with sku = "Premium".
#   controls:
#     iso-27001-2022: ["A.8.16", "A.8.20"]
#     mcsb: ["NS-4"]
#   id: azure-firewall-intrusion-detection
#   level: advisory
#   resources: [azurerm_firewall_policy]
#   subjects: [azurerm_firewall_policy.intrusion_detection.mode, firewall policy IDPS, firewall policy intrusion detection]
package terrace.azure.firewall.intrusion_detection

import data.terrace.lib.plan

path := ["intrusion_detection", 0, "mode"]

deny contains plan.finding(r, path, "does not stop intrusions") if {
	some r in plan.planned("azurerm_firewall_policy")
	plan.certain(r, path, "Off") != "Deny"
}
