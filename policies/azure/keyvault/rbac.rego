# METADATA
# title: Key vaults ask roles who may come in
# description: Access policies of a vault are neither scoped nor reviewed as roles are, and whoever may change a vault gives itself one.
# custom:
#   severity: medium
#   fix: Set rbac_authorization_enabled to true, and give roles on the vault.
#   controls:
#     cis-azure-3.0.0: ["3.3.6"]
#     iso-27001-2022: ["A.5.15"]
#     mcsb: ["PA-7", "DP-8"]
#   id: azure-keyvault-rbac
#   level: soft-mandatory
#   resources: [azurerm_key_vault]
#   subjects: [azurerm_key_vault.rbac_authorization_enabled, azurerm_key_vault.enable_rbac_authorization, key vault rbac]
package terrace.azure.keyvault.rbac

import data.terrace.lib.plan

names := [["rbac_authorization_enabled"], ["enable_rbac_authorization"]]

deny contains plan.finding(r, path, "has access policies of its own") if {
	some r in plan.planned("azurerm_key_vault")
	path := plan.named(r, names)
	plan.certain(r, path, false) != true
}
