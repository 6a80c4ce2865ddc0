# METADATA
# title: Function apps log
# description: Without logs nobody knows why a function failed.
# custom:
#   severity: low
#   fix: Set builtin_logging_enabled to true, or leave it out.
#   controls:
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-apps-builtin-logging
#   level: advisory
#   resources:
#     - azurerm_linux_function_app
#     - azurerm_windows_function_app
#     - azurerm_function_app
#     - azurerm_linux_function_app_slot
#     - azurerm_windows_function_app_slot
#     - azurerm_function_app_slot
#     - azurerm_function_app_flex_consumption
#   subjects:
#     - azurerm_linux_function_app.builtin_logging_enabled
#     - azurerm_windows_function_app.builtin_logging_enabled
#     - azurerm_function_app.enable_builtin_logging
#     - function app enable logging
#     - function app logging
package terrace.azure.apps.builtin_logging

import data.terrace.lib.azure
import data.terrace.lib.plan

names := [["builtin_logging_enabled"], ["enable_builtin_logging"]]

deny contains plan.finding(r, path, "does not log") if {
	some r in plan.planned_any(azure.function_apps)
	path := plan.named(r, names)
	plan.certain(r, path, true) != true
}
