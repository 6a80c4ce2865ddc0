# METADATA
# title: Function apps run on a supported version
# description: Old versions of the host get no more fixes.
# custom:
#   severity: medium
#   fix: Set functions_extension_version to "~4".
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-apps-functions-version
#   level: soft-mandatory
#   resources:
#     - azurerm_linux_function_app
#     - azurerm_windows_function_app
#     - azurerm_linux_function_app_slot
#     - azurerm_windows_function_app_slot
#     - azurerm_function_app
#   subjects:
#     - azurerm_linux_function_app.functions_extension_version
#     - azurerm_windows_function_app.functions_extension_version
#     - function app supported version
#     - function app runtime version
package terrace.azure.apps.functions_version

import data.terrace.lib.plan

types := ["azurerm_linux_function_app", "azurerm_windows_function_app", "azurerm_linux_function_app_slot", "azurerm_windows_function_app_slot", "azurerm_function_app"]

names := [["functions_extension_version"], ["version"]]

deny contains plan.finding(r, path, "runs on a version that gets no more fixes") if {
	some r in plan.planned_any(types)
	path := plan.named(r, names)
	plan.value(r, path, "~4") in {"~1", "~2", "~3"}
}
