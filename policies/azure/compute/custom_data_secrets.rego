# METADATA
# title: Machines are started without secrets in their data
# description: What is in custom_data or user_data is read by everyone who may look at the machine, for ever.
# custom:
#   severity: high
#   fix: Take the secret from a key vault when the machine starts, by its identity.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8"]
#   id: azure-compute-custom-data-secrets
#   level: hard-mandatory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#     - azurerm_virtual_machine
#     - azurerm_virtual_machine_scale_set
#   subjects: [VM creds in custom data, virtual machine custom data, virtual machine user data]
package terrace.azure.compute.custom_data_secrets

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set", "azurerm_virtual_machine", "azurerm_virtual_machine_scale_set"]

paths := [["custom_data"], ["user_data"], ["os_profile", 0, "custom_data"]]

# telling is text that hands out passwords, keys or tokens by name, or is one.
telling := `(?i)(AKIA[0-9A-Z]{16}|AccountKey=[A-Za-z0-9+/]{40}|SharedAccessKey=[A-Za-z0-9+/]{20}|-----BEGIN [A-Z ]*PRIVATE KEY-----|(password|passwd|secret|token|api_?key|access_?key)[A-Z_]*\s*[=:]\s*["']?[^\s"'$<{]{6,})`

deny contains plan.finding(r, path, "has a secret in its data") if {
	some r in plan.planned_any(types)
	some path in paths
	some text in readings(plan.value(r, path, ""))
	regex.match(telling, text)
}

# readings of data are the text itself and, where it is that, what is encoded in it.
readings(text) := [text] if not encoded(text)

readings(text) := [text, base64.decode(text)] if encoded(text)

encoded(text) if {
	text != ""
	base64.is_valid(text)
}
