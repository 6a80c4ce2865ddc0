# METADATA
# title: App Configuration is encrypted with a key of its owner
# description: Who holds the key can withdraw it, rotate it, and see who used it.
# custom:
#   severity: low
#   fix: Add encryption with key_vault_key_identifier.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-appconfig-encryption
#   level: advisory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.encryption, app config encryption, app configuration encryption]
package terrace.azure.appconfig.encryption

import data.terrace.lib.plan

path := ["encryption", 0, "key_vault_key_identifier"]

deny contains plan.finding(r, path, "is encrypted with a key of Microsoft") if {
	some r in plan.planned("azurerm_app_configuration")
	not plan.present(r, path)
}
