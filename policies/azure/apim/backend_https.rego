# METADATA
# title: API Management calls what is behind it by HTTPS
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set url to one that begins with https://.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-apim-backend-https
#   level: soft-mandatory
#   resources: [azurerm_api_management_backend]
#   subjects: [azurerm_api_management_backend.url, api management backend https]
package terrace.azure.apim.backend_https

import data.terrace.lib.plan

path := ["url"]

deny contains plan.finding(r, path, "is called by plain HTTP") if {
	some r in plan.planned("azurerm_api_management_backend")
	not secure(r)
}

secure(r) if plan.unknown(r, path)

secure(r) if plan.value(r, path, "") == ""

secure(r) if startswith(lower(plan.value(r, path, "")), "https://")
