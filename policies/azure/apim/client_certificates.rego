# METADATA
# title: API Management without a fixed size asks for certificates of clients
# description: A gateway of the tier Consumption has no network of its own to hide in.
# custom:
#   severity: medium
#   fix: Set client_certificate_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["PV-2"]
#   id: azure-apim-client-certificates
#   level: soft-mandatory
#   resources: [azurerm_api_management]
#   subjects: [azurerm_api_management.client_certificate_enabled, api management certs enforced, api management client certificate]
package terrace.azure.apim.client_certificates

import data.terrace.lib.plan

path := ["client_certificate_enabled"]

deny contains plan.finding(r, path, "asks for no certificate") if {
	some r in plan.planned("azurerm_api_management")
	startswith(plan.value(r, ["sku_name"], ""), "Consumption")
	plan.certain(r, path, false) != true
}
