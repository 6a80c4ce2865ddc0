# METADATA
# title: Volumes of NetApp Files are exported to named clients
# description: The range 0.0.0.0/0 exports the volume to every machine that reaches it.
# custom:
#   severity: high
#   fix: Set allowed_clients in export_policy_rule to the addresses that need it.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-netapp-clients
#   level: soft-mandatory
#   resources: [azurerm_netapp_volume]
#   subjects:
#     - NetApp export
#     - NetApp default access
#     - azurerm_netapp_volume.export_policy_rule
package terrace.azure.netapp.clients

import data.terrace.lib.plan

deny contains plan.finding(r, ["export_policy_rule", i, "allowed_clients"], "is exported to everyone") if {
	some r in plan.planned("azurerm_netapp_volume")
	some i, rule in plan.blocks(r, ["export_policy_rule"])
	some client in rule.allowed_clients
	client in {"0.0.0.0/0", "0.0.0.0", "::/0", "*"}
}
