# METADATA
# title: Network interfaces have no public address
# description: A machine with an address of its own is on the Internet, beside everything that inspects.
# custom:
#   severity: high
#   fix: Leave out public_ip_address_id; come through a load balancer, a gateway or Azure Bastion.
#   controls:
#     cis-azure-3.0.0: ["7.7"]
#     iso-27001-2022: ["A.8.20", "A.8.22"]
#     mcsb: ["NS-2"]
#   id: azure-network-interface-public-ip
#   level: soft-mandatory
#   resources: [azurerm_network_interface]
#   subjects: [azurerm_network_interface.public_ip_address_id, network interface public IP]
package terrace.azure.network.interface_public_ip

import data.terrace.lib.plan

deny contains plan.fact(r, path, "has a public address") if {
	some r in plan.planned("azurerm_network_interface")
	some i in numbers.range(0, last(r))
	path := ["ip_configuration", i, "public_ip_address_id"]
	plan.present(r, path)
}

# last is the number of the last configuration, known or not.
last(r) := max([0, count(plan.or_else(object.get(r.values, "ip_configuration", null), [])) - 1, count(later(r)) - 1])

later(r) := r.unknown.ip_configuration if {
	is_array(r.unknown.ip_configuration)
} else := []
