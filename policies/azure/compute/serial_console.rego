# METADATA
# title: Machines with a public address have no serial console
# description: >-
#   The serial console needs the diagnostics of the start; together with a public address it is a second
#   way in that nobody watches.
# custom:
#   severity: medium
#   fix: Leave out boot_diagnostics, or public_ip_address_id of the network interface.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-compute-serial-console
#   level: advisory
#   resources: [azurerm_network_interface]
#   subjects: [VM config public IP serial console access, virtual machine public ip serial console]
package terrace.azure.compute.serial_console

import data.terrace.lib.plan

deny contains plan.fact(r, path, "gives a machine with a serial console a public address") if {
	some r in plan.planned("azurerm_network_interface")
	path := ["ip_configuration", 0, "public_ip_address_id"]
	plan.present(r, path)
	some machine in machines(r)
	plan.present(machine, ["boot_diagnostics"])
}

machines(r) := [m |
	some type in ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine", "azurerm_virtual_machine"]
	some m in plan.associated(r, type, "network_interface_ids")
]
