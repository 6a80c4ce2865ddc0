# METADATA
# title: Secrets expire
# description: A secret without an end is never changed; who has seen it once can use it for ever.
# custom:
#   severity: medium
#   fix: Set expiration_date, and renew the secret before it.
#   controls:
#     cis-azure-3.0.0: ["3.3.3", "3.3.4"]
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8", "DP-6"]
#   id: azure-keyvault-secret-expiry
#   level: advisory
#   resources: [azurerm_key_vault_secret]
#   subjects: [azurerm_key_vault_secret.expiration_date, secret expiration date, key vault secret expir]
package terrace.azure.keyvault.secret_expiry

import data.terrace.lib.plan

path := ["expiration_date"]

deny contains plan.finding(r, path, "never expires") if {
	some r in plan.planned("azurerm_key_vault_secret")
	not plan.present(r, path)
}
