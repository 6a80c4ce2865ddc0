output "resource_id" {
  description = "Resource id of the zone: the one that exists already, or the only one made. Null when there are several; see zone_ids."
  value       = var.existing_zone != null ? var.existing_zone.resource_id : length(var.zones) == 1 ? one(values(local.zone_ids)) : null
}

output "name" {
  description = "Domain of the zone of resource_id, null when there are several; see zone_names."
  value       = var.existing_zone != null ? element(split("/", var.existing_zone.resource_id), 8) : length(var.zones) == 1 ? one(values(local.zone_names)) : null
}

# Who gets a zone's id gets a zone that is linked.
output "zone_ids" {
  description = "Resource ids of the zones, by the keys of zones."
  value       = local.zone_ids

  depends_on = [azurerm_private_dns_zone_virtual_network_link.this]
}

output "zone_names" {
  description = "Domains of the zones, by the keys of zones."
  value       = local.zone_names
}

output "virtual_network_link_ids" {
  description = "Resource ids of the zones' links, by <zone key>/<link key>."
  value       = { for key, l in azurerm_private_dns_zone_virtual_network_link.this : key => l.id }
}

output "record_fqdns" {
  description = "Complete names of the records without the last dot, by the keys of records, or <zone key>/<record key>."
  value = { for key, fqdn in merge(
    { for key, r in azurerm_private_dns_a_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_aaaa_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_cname_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_mx_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_ptr_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_srv_record.this : key => r.fqdn },
    { for key, r in azurerm_private_dns_txt_record.this : key => r.fqdn },
  ) : key => trimsuffix(fqdn, ".") }
}

output "resolver_id" {
  description = "Resource id of the resolver, null without one."
  value       = one(azurerm_private_dns_resolver.this[*].id)
}

output "inbound_endpoint_ip_addresses" {
  description = "Addresses of the resolver's inbound endpoints, by their keys."
  value       = { for key, e in azurerm_private_dns_resolver_inbound_endpoint.this : key => e.ip_configurations[0].private_ip_address }
}

output "outbound_endpoint_ids" {
  description = "Resource ids of the resolver's outbound endpoints, by their keys."
  value       = { for key, e in azurerm_private_dns_resolver_outbound_endpoint.this : key => e.id }
}

output "forwarding_ruleset_ids" {
  description = "Resource ids of the forwarding rulesets, by their keys."
  value       = { for key, r in azurerm_private_dns_resolver_dns_forwarding_ruleset.this : key => r.id }
}
