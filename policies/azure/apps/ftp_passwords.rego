# METADATA
# title: Apps take no password for deployments
# description: A password for deployments is shared by all who deploy, and is in no directory.
# custom:
#   severity: medium
#   fix: Set ftp_publish_basic_authentication_enabled and webdeploy_publish_basic_authentication_enabled to false.
#   controls:
#     cis-azure-3.0.0: ["9.6"]
#     iso-27001-2022: ["A.5.17", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-apps-ftp-passwords
#   level: advisory
#   resources: [azurerm_linux_web_app, azurerm_windows_web_app, azurerm_linux_function_app, azurerm_windows_function_app]
#   subjects:
#     - azurerm_linux_web_app.webdeploy_publish_basic_authentication_enabled
#     - azurerm_windows_web_app.webdeploy_publish_basic_authentication_enabled
#     - azurerm_linux_web_app.ftp_publish_basic_authentication_enabled
#     - azurerm_windows_web_app.ftp_publish_basic_authentication_enabled
#     - app service basic authentication
#     - web app basic authentication
package terrace.azure.apps.ftp_passwords

import data.terrace.lib.plan

types := ["azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_linux_function_app", "azurerm_windows_function_app"]

deny contains plan.finding(r, path, "takes a password for deployments") if {
	some r in plan.planned_any(types)
	some path in [["ftp_publish_basic_authentication_enabled"], ["webdeploy_publish_basic_authentication_enabled"]]
	plan.certain(r, path, true) != false
}
