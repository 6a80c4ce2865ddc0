# METADATA
# title: Pools of load balancers have more than one machine
# description: Behind a pool with one machine nothing is balanced, and all is away with it.
# custom:
#   severity: low
#   fix: Add a second machine to the pool.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-loadbalancer-pool-members
#   level: advisory
#   resources: [azurerm_lb_backend_address_pool]
#   subjects: [azurerm_lb_backend_address_pool, load balancer backend pool]
package terrace.azure.loadbalancer.pool_members

import data.terrace.lib.plan

# holders are types that put a machine into a pool.
holders := ["azurerm_lb_backend_address_pool_address", "azurerm_network_interface_backend_address_pool_association"]

deny contains plan.finding(r, [], "has one machine alone") if {
	some r in plan.planned("azurerm_lb_backend_address_pool")
	count([m | some type in holders; some m in plan.associated(r, type, "backend_address_pool_id")]) == 1
}
