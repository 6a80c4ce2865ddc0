# METADATA
# title: Machines have the agent of Azure
# description: Without the agent nothing is patched, backed up or watched.
# custom:
#   severity: low
#   fix: Set provision_vm_agent to true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-compute-agent
#   level: advisory
#   resources:
#     - azurerm_linux_virtual_machine
#     - azurerm_windows_virtual_machine
#     - azurerm_linux_virtual_machine_scale_set
#     - azurerm_windows_virtual_machine_scale_set
#   subjects:
#     - azurerm_linux_virtual_machine.provision_vm_agent
#     - azurerm_windows_virtual_machine.provision_vm_agent
#     - azurerm_linux_virtual_machine_scale_set.provision_vm_agent
#     - azurerm_windows_virtual_machine_scale_set.provision_vm_agent
#     - VM agent is installed
#     - virtual machine agent
package terrace.azure.compute.agent

import data.terrace.lib.azure
import data.terrace.lib.plan

path := ["provision_vm_agent"]

deny contains plan.finding(r, path, "has no agent") if {
	some r in plan.planned_any(azure.machines)
	plan.certain(r, path, true) != true
}
