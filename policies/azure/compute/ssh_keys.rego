# METADATA
# title: Linux machines are entered with keys
# description: A key cannot be guessed; a password can.
# custom:
#   severity: high
#   fix: Add admin_ssh_key with public_key.
#   controls:
#     iso-27001-2022: ["A.8.5"]
#     mcsb: ["IM-6"]
#   id: azure-compute-ssh-keys
#   level: soft-mandatory
#   resources: [azurerm_linux_virtual_machine, azurerm_linux_virtual_machine_scale_set]
#   subjects:
#     - azurerm_linux_virtual_machine.admin_ssh_key
#     - azurerm_linux_virtual_machine_scale_set.admin_ssh_key
#     - linux VM uses SSH
#     - linux virtual machine ssh key
package terrace.azure.compute.ssh_keys

import data.terrace.lib.plan

types := ["azurerm_linux_virtual_machine", "azurerm_linux_virtual_machine_scale_set"]

path := ["admin_ssh_key", 0, "public_key"]

deny contains plan.finding(r, path, "has no key for SSH") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
