# METADATA
# title: App Configuration takes no keys
# description: A key opens all settings, tells nobody who used it, and is never rotated in time.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.17", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-appconfig-local-auth
#   level: soft-mandatory
#   resources: [azurerm_app_configuration]
#   subjects: [azurerm_app_configuration.local_auth_enabled, app config local auth, app configuration local auth]
package terrace.azure.appconfig.local_auth

import data.terrace.lib.plan

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_app_configuration")
	plan.certain(r, path, true) != false
}
