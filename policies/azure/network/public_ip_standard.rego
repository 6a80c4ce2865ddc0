# METADATA
# title: Public addresses are of the Standard kind
# description: Basic addresses are open until somebody closes them, know no zones, and are retired.
# custom:
#   severity: medium
#   fix: Set sku to "Standard" and allocation_method to "Static".
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-network-public-ip-standard
#   level: soft-mandatory
#   resources: [azurerm_public_ip]
#   subjects: [azurerm_public_ip.sku, public IP sku, public IP standard]
package terrace.azure.network.public_ip_standard

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is of the Basic kind") if {
	some r in plan.planned("azurerm_public_ip")
	plan.certain(r, path, "Standard") == "Basic"
}
