# METADATA
# title: Certificates hold for a year at most
# description: The longer a certificate holds, the longer a stolen key opens doors.
# custom:
#   severity: low
#   fix: Set validity_in_months to 12 or less in x509_certificate_properties, and let lifetime_action renew it.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-7"]
#   id: azure-keyvault-certificate-validity
#   level: advisory
#   resources: [azurerm_key_vault_certificate]
#   subjects: [azurerm_key_vault_certificate.validity_in_months, key vault certificate validity]
package terrace.azure.keyvault.certificate_validity

import data.terrace.lib.plan

path := ["certificate_policy", 0, "x509_certificate_properties", 0, "validity_in_months"]

deny contains plan.finding(r, path, "holds for more than a year") if {
	some r in plan.planned("azurerm_key_vault_certificate")
	not plan.unknown(r, path)
	plan.certain(r, path, 12) > 12
}
