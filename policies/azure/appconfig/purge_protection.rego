# METADATA
# title: App Configuration is protected from purging
# description: Without it, whoever deletes the settings can destroy them at once.
# custom:
#   severity: medium
#   fix: Set purge_protection_enabled to true, with sku = "standard".
#   controls:
#     iso-27001-2022: ["A.8.13"]
#     mcsb: ["DP-8"]
#   id: azure-appconfig-purge-protection
#   level: soft-mandatory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.purge_protection_enabled, app config purge protection, app configuration purge protection]
package terrace.azure.appconfig.purge_protection

import data.terrace.lib.plan

path := ["purge_protection_enabled"]

deny contains plan.finding(r, path, "can be purged while it is soft-deleted") if {
	some r in plan.planned("azurerm_app_configuration")
	plan.certain(r, path, false) != true
}
