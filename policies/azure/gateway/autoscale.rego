# METADATA
# title: Application gateways grow by themselves
# description: A gateway of a fixed size is too small on the day that counts; one instance alone is away when it is maintained.
# custom:
#   severity: low
#   fix: Add autoscale_configuration with min_capacity of at least 2.
#   controls:
#     iso-27001-2022: ["A.8.6", "A.8.14"]
#   id: azure-gateway-autoscale
#   level: advisory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.autoscale_configuration, application gateway autoscale, application gateway min capacity]
package terrace.azure.gateway.autoscale

import data.terrace.lib.plan

path := ["autoscale_configuration", 0, "min_capacity"]

deny contains plan.finding(r, path, "does not grow by itself, from two instances on") if {
	some r in plan.planned("azurerm_application_gateway")
	not grows(r)
}

grows(r) if plan.value(r, path, 0) >= 2
