# METADATA
# title: Types of azurerm that belong together
# description: >-
#   Lists of types which say the same in the same arguments, in the major
#   versions of the provider.
package terrace.lib.azure

# web_apps are App Service apps, with their slots.
web_apps := [
	"azurerm_linux_web_app",
	"azurerm_windows_web_app",
	"azurerm_app_service",
	"azurerm_linux_web_app_slot",
	"azurerm_windows_web_app_slot",
	"azurerm_app_service_slot",
]

# function_apps are function apps, with their slots.
function_apps := [
	"azurerm_linux_function_app",
	"azurerm_windows_function_app",
	"azurerm_function_app",
	"azurerm_linux_function_app_slot",
	"azurerm_windows_function_app_slot",
	"azurerm_function_app_slot",
	"azurerm_function_app_flex_consumption",
]

# apps are both.
apps := array.concat(web_apps, function_apps)

# virtual_machines are virtual machines with their present types.
virtual_machines := ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"]

# scale_sets are scale sets of such machines that all are alike.
scale_sets := ["azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set"]

# machines are both.
machines := array.concat(virtual_machines, scale_sets)

# zonal_regions have availability zones.
zonal_regions := {
	"australiaeast",
	"austriaeast",
	"belgiumcentral",
	"brazilsouth",
	"canadacentral",
	"centralindia",
	"centralus",
	"chilecentral",
	"chinanorth3",
	"eastasia",
	"eastus",
	"eastus2",
	"francecentral",
	"germanywestcentral",
	"indonesiacentral",
	"israelcentral",
	"italynorth",
	"japaneast",
	"japanwest",
	"koreacentral",
	"malaysiawest",
	"mexicocentral",
	"newzealandnorth",
	"northeurope",
	"norwayeast",
	"polandcentral",
	"qatarcentral",
	"southafricanorth",
	"southcentralus",
	"southeastasia",
	"spaincentral",
	"swedencentral",
	"switzerlandnorth",
	"uaenorth",
	"uksouth",
	"usgovvirginia",
	"westeurope",
	"westus2",
	"westus3",
}
