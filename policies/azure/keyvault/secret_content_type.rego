# METADATA
# title: Secrets say what they are
# description: Who does not know what a secret is for does not dare to change it.
# custom:
#   severity: low
#   fix: Set content_type, such as "password" or "connection string".
#   controls:
#     iso-27001-2022: ["A.5.12"]
#     mcsb: ["DP-6"]
#   id: azure-keyvault-secret-content-type
#   level: advisory
#   resources: [azurerm_key_vault_secret]
#   subjects: [azurerm_key_vault_secret.content_type, secret content type]
package terrace.azure.keyvault.secret_content_type

import data.terrace.lib.plan

path := ["content_type"]

deny contains plan.finding(r, path, "does not say what it is") if {
	some r in plan.planned("azurerm_key_vault_secret")
	not plan.present(r, path)
}
