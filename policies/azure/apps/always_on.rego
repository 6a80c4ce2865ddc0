# METADATA
# title: Apps are always on
# description: An app that was put away answers the first request late, and its background work not at all.
# custom:
#   severity: low
#   fix: Leave out always_on in site_config, or set it to true.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-apps-always-on
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#   subjects:
#     - azurerm_linux_web_app.site_config.always_on
#     - azurerm_windows_web_app.site_config.always_on
#     - app service always on
#     - web sites always on
#     - azurerm_linux_web_app.always_on
#     - azurerm_windows_web_app.always_on
#     - web app always on
package terrace.azure.apps.always_on

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["site_config", 0, "always_on"]

deny contains plan.finding(r, path, "is put away when nobody asks for a while") if {
	some r in plan.planned_any(azure.web_apps)
	plan.certain(r, path, initial(r)) != true
}

# The old types are put away unless they say otherwise.
initial(r) := r.type in {"azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_linux_web_app_slot", "azurerm_windows_web_app_slot"}
