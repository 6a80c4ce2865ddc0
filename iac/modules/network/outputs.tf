output "resource_id" {
  description = "Resource id of the virtual network."
  value       = azurerm_virtual_network.this.id
}

output "name" {
  description = "Name of the virtual network."
  value       = azurerm_virtual_network.this.name
}

output "address_space" {
  description = "Address ranges of the virtual network."
  value       = azurerm_virtual_network.this.address_space
}

# Who gets a subnet's id gets a subnet that is secured and routed.
output "subnet_ids" {
  description = "Resource ids of the subnets, by the keys of subnets."
  value       = { for key, s in azurerm_subnet.this : key => s.id }

  depends_on = [
    azurerm_subnet_network_security_group_association.this,
    azurerm_subnet_route_table_association.this,
    azurerm_subnet_nat_gateway_association.this,
  ]
}

output "subnet_names" {
  description = "Names of the subnets, by the keys of subnets."
  value       = local.subnet_names
}

output "subnet_address_prefixes" {
  description = "Address ranges of the subnets, by the keys of subnets."
  value       = { for key, s in azurerm_subnet.this : key => s.address_prefixes }
}

output "network_security_group_ids" {
  description = "Resource ids of the network security groups, by the keys of subnets."
  value       = { for key, g in azurerm_network_security_group.this : key => g.id }
}

output "route_table_ids" {
  description = "Resource ids of the route tables, by the keys of route_tables."
  value       = { for key, t in azurerm_route_table.this : key => t.id }
}

output "nat_gateway_id" {
  description = "Resource id of the NAT gateway, null without one."
  value       = one(azurerm_nat_gateway.this[*].id)
}

output "nat_public_ip_addresses" {
  description = "Public addresses that traffic through the NAT gateway comes from."
  value       = azurerm_public_ip.nat[*].ip_address
}

output "nat_public_ip_prefix" {
  description = "Range of public addresses that traffic through the NAT gateway comes from, null without one."
  value       = one(azurerm_public_ip_prefix.nat[*].ip_prefix)
}

output "flow_log_id" {
  description = "Resource id of the flow log, null without one."
  value       = one(azurerm_network_watcher_flow_log.this[*].id)
}

output "ddos_protection_plan_id" {
  description = "Resource id of the DDoS protection plan, null without one."
  value       = local.ddos_protection_plan_id
}
