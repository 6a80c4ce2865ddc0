# METADATA
# title: Shared images can start trusted code alone
# description: Machines of an image that knows no trusted launch cannot use it.
# custom:
#   severity: low
#   fix: Set trusted_launch_supported or trusted_launch_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#     mcsb: ["PV-4"]
#   id: azure-compute-image-trusted-launch
#   level: advisory
#   resources: [azurerm_shared_image]
#   subjects: [azurerm_shared_image.trusted_launch_supported, azurerm_shared_image.trusted_launch_enabled, shared image trusted launch]
package terrace.azure.compute.image_trusted_launch

import data.terrace.lib.plan

names := [["trusted_launch_supported"], ["trusted_launch_enabled"], ["confidential_vm_supported"], ["confidential_vm_enabled"]]

deny contains plan.finding(r, names[0], "knows no trusted launch") if {
	some r in plan.planned("azurerm_shared_image")
	not knows(r)
}

knows(r) if {
	some path in names
	plan.value(r, path, false) == true
}
