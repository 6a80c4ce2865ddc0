# METADATA
# title: API Management checks certificates of what is behind it
# description: Whoever stands between answers in place of what is behind, if nobody checks.
# custom:
#   severity: high
#   fix: Set validate_certificate_chain and validate_certificate_name to true in tls.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-apim-backend-certificates
#   level: soft-mandatory
#   resources: [azurerm_api_management_backend]
#   subjects: [azurerm_api_management_backend.tls, api management backend certificate]
package terrace.azure.apim.backend_certificates

import data.terrace.lib.plan

deny contains plan.finding(r, path, "does not check the certificate that it is shown") if {
	some r in plan.planned("azurerm_api_management_backend")
	some name in ["validate_certificate_chain", "validate_certificate_name"]
	path := ["tls", 0, name]
	plan.certain(r, path, true) != true
}
