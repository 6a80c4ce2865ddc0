# METADATA
# title: Scale sets follow new images
# description: Machines that are never made anew keep what is broken in the image.
# custom:
#   severity: medium
#   fix: Add automatic_os_upgrade_policy with automatic_os_upgrade_enabled = true.
#   controls:
#     iso-27001-2022: ["A.8.8"]
#     mcsb: ["PV-6"]
#   id: azure-compute-scale-set-image-patching
#   level: advisory
#   resources: [azurerm_linux_virtual_machine_scale_set, azurerm_windows_virtual_machine_scale_set, azurerm_virtual_machine_scale_set]
#   subjects:
#     - azurerm_linux_virtual_machine_scale_set.automatic_os_upgrade_policy
#     - azurerm_windows_virtual_machine_scale_set.automatic_os_upgrade_policy
#     - VM scale sets auto OS image patching
#     - scale set automatic os upgrade
package terrace.azure.compute.scale_set_image_patching

import data.terrace.lib.plan

deny contains plan.finding(r, path, "does not follow new images") if {
	some r in plan.planned_any(["azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"])
	path := plan.named(r, [
		["automatic_os_upgrade_policy", 0, "enable_automatic_os_upgrade"],
		["automatic_os_upgrade_policy", 0, "automatic_os_upgrade_enabled"],
	])
	plan.certain(r, path, false) != true
}

deny contains plan.finding(r, ["automatic_os_upgrade"], "does not follow new images") if {
	some r in plan.planned("azurerm_virtual_machine_scale_set")
	not follows(r)
}

follows(r) if {
	plan.value(r, ["automatic_os_upgrade"], false) == true
	plan.value(r, ["os_profile_windows_config", 0, "enable_automatic_upgrades"], not_windows(r)) == true
}

not_windows(r) if not plan.present(r, ["os_profile_windows_config"])

not_windows(r) := false if plan.present(r, ["os_profile_windows_config"])
