# METADATA
# title: App Configuration is of a kind for production
# description: Free stores have neither private endpoints nor restoring, and nobody promises anything.
# custom:
#   severity: low
#   fix: Set sku to "standard" or "premium".
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-appconfig-sku
#   level: advisory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.sku, app config sku, app configuration sku]
package terrace.azure.appconfig.sku

import data.terrace.lib.plan

path := ["sku"]

deny contains plan.finding(r, path, "is not of a kind for production") if {
	some r in plan.planned("azurerm_app_configuration")
	not plan.certain(r, path, "free") in {"standard", "premium"}
}
