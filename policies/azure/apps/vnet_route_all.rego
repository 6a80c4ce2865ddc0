# METADATA
# title: Apps send all that they send through the network
# description: What does not go through the network is neither filtered nor logged.
# custom:
#   severity: low
#   fix: Set vnet_route_all_enabled to true in site_config, with virtual_network_subnet_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-1"]
#   id: azure-apps-vnet-route-all
#   level: advisory
#   resources: [azurerm_linux_web_app, azurerm_windows_web_app, azurerm_linux_function_app, azurerm_windows_function_app]
#   subjects:
#     - azurerm_linux_web_app.site_config.vnet_route_all_enabled
#     - azurerm_windows_web_app.site_config.vnet_route_all_enabled
#     - app service vnet route all
#     - azurerm_linux_web_app.vnet_route_all_enabled
#     - azurerm_windows_web_app.vnet_route_all_enabled
#     - web app vnet route all
package terrace.azure.apps.vnet_route_all

import data.terrace.lib.plan

types := ["azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_linux_function_app", "azurerm_windows_function_app"]

path := ["site_config", 0, "vnet_route_all_enabled"]

deny contains plan.finding(r, path, "sends past its network") if {
	some r in plan.planned_any(types)
	plan.present(r, ["virtual_network_subnet_id"])
	plan.certain(r, path, false) != true
}
