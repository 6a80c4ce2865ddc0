# METADATA
# title: API Management takes strong ciphers alone
# description: Ciphers without forward secrecy are read by whoever gets the key later.
# custom:
#   severity: medium
#   fix: Leave out what allows 3DES and ciphers with CBC or RSA in security.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-apim-weak-ciphers
#   level: advisory
#   resources: [azurerm_api_management]
#   subjects: [api management ciphers, api management triple des]
package terrace.azure.apim.weak_ciphers

import data.terrace.lib.plan

deny contains plan.finding(r, path, "takes weak ciphers") if {
	some r in plan.planned("azurerm_api_management")
	some block in plan.blocks(r, ["security"])
	some name, allowed in block
	regex.match(`(triple_des|tls_rsa_with|_cbc_)`, name)
	allowed == true
	path := ["security", 0, name]
}
