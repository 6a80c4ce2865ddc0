# METADATA
# title: Settings of apps hold no secrets
# description: Settings are shown to everyone who may look at the app, and are in the state.
# custom:
#   severity: high
#   fix: "Refer to a vault: \"@Microsoft.KeyVault(SecretUri=…)\"."
#   controls:
#     cis-azure-3.0.0: ["9.11"]
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-apps-secrets-in-settings
#   level: soft-mandatory
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
#   subjects:
#     - azurerm_linux_web_app.app_settings
#     - azurerm_windows_web_app.app_settings
#     - app service key vault secrets
#     - function app secrets
#     - web app key vault secrets
package terrace.azure.apps.secrets_in_settings

import data.terrace.lib.azure
import data.terrace.lib.plan

# telling names are of what nobody should read.
telling := `(?i)(password|passwd|secret|api_?key|account_?key|access_?key|connection_?string)`

deny contains plan.finding(r, ["app_settings", name], sprintf("has the secret %s in its settings", [name])) if {
	some r in plan.planned_any(azure.apps)
	some name, value in plan.value(r, ["app_settings"], {})
	regex.match(telling, name)
	is_string(value)
	not harmless(value)
}

harmless(value) if startswith(value, "@Microsoft.KeyVault(")

harmless(value) if value in {"", "(sensitive)"}

# A connection without a key says so, or has only an address.
harmless(value) if {
	not contains(value, "Key=")
	not contains(lower(value), "password=")
	regex.match(`(?i)(^https?://|Authentication=|InstrumentationKey=|IngestionEndpoint=)`, value)
}
