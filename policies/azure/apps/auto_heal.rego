# METADATA
# title: Apps heal themselves
# description: An app that hangs is started anew without anybody having to see it.
# custom:
#   severity: low
#   fix: Add auto_heal_setting to site_config, with trigger and action.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apps-auto-heal
#   level: advisory
#   resources: [azurerm_linux_web_app, azurerm_windows_web_app]
#   subjects:
#     - azurerm_linux_web_app.site_config.auto_heal_setting
#     - azurerm_windows_web_app.site_config.auto_heal_setting
#     - app service auto heal
#     - azurerm_linux_web_app.auto_heal_setting
#     - azurerm_windows_web_app.auto_heal_setting
#     - web app auto heal
package terrace.azure.apps.auto_heal

import data.terrace.lib.plan

types := ["azurerm_linux_web_app", "azurerm_windows_web_app"]

path := ["site_config", 0, "auto_heal_setting"]

deny contains plan.finding(r, path, "does not heal itself") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
