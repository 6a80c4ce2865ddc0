# METADATA
# title: Apps run on a supported Java
# description: A version that nobody mends keeps every hole that is found in it.
# custom:
#   severity: medium
#   fix: "Set the version to one that is supported: 11, 17, 21, 25."
#   controls:
#     cis-azure-3.0.0: ["9.9"]
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-apps-java-version
#   level: advisory
#   resources:
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_app_service
#     - azurerm_linux_web_app_slot
#     - azurerm_windows_web_app_slot
#     - azurerm_app_service_slot
#     - azurerm_linux_function_app
#     - azurerm_windows_function_app
#     - azurerm_function_app
#     - azurerm_linux_function_app_slot
#     - azurerm_windows_function_app_slot
#     - azurerm_function_app_slot
#     - azurerm_function_app_flex_consumption
#   subjects: [app service java version, web app java version]
package terrace.azure.apps.java_version

import data.terrace.lib.azure
import data.terrace.lib.plan

paths := [["site_config", 0, "application_stack", 0, "java_version"], ["site_config", 0, "java_version"]]

deny contains plan.finding(r, path, sprintf("runs on Java %s, which is not supported any more", [version])) if {
	some r in plan.planned_any(azure.apps)
	some path in paths
	version := plan.value(r, path, "")
	version != ""
	not version in {"11", "17", "21", "25"}
}
