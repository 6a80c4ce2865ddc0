resource "azurerm_private_dns_zone" "this" {
  for_each = var.zones

  name                = local.zone_names[each.key]
  resource_group_name = var.resource_group_name
  tags                = var.tags

  dynamic "soa_record" {
    for_each = each.value.soa_record == null ? [] : [each.value.soa_record]

    content {
      email        = soa_record.value.email
      ttl          = soa_record.value.ttl
      expire_time  = soa_record.value.expire_time
      minimum_ttl  = soa_record.value.minimum_ttl
      refresh_time = soa_record.value.refresh_time
      retry_time   = soa_record.value.retry_time
      tags         = var.tags
    }
  }
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = local.links

  name                 = each.value.name
  private_dns_zone_id  = azurerm_private_dns_zone.this[each.value.zone_key].id
  virtual_network_id   = each.value.virtual_network_resource_id
  registration_enabled = each.value.registration_enabled
  resolution_policy    = each.value.resolution_policy
  tags                 = var.tags
}

resource "azurerm_role_assignment" "zone" {
  for_each = local.role_assignments

  scope                = azurerm_private_dns_zone.this[each.value.zone_key].id
  role_definition_name = each.value.role_definition_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
  description          = each.value.description
}

resource "azurerm_management_lock" "zone" {
  for_each = { for key, z in var.zones : key => z.lock if z.lock != null }

  name       = coalesce(each.value.name, "lock-${each.value.kind}")
  scope      = azurerm_private_dns_zone.this[each.key].id
  lock_level = each.value.kind
  notes      = "Set with the zone."

  depends_on = [
    azurerm_private_dns_a_record.this,
    azurerm_private_dns_aaaa_record.this,
    azurerm_private_dns_cname_record.this,
    azurerm_private_dns_mx_record.this,
    azurerm_private_dns_ptr_record.this,
    azurerm_private_dns_srv_record.this,
    azurerm_private_dns_txt_record.this,
    azurerm_private_dns_zone_virtual_network_link.this,
    azurerm_role_assignment.zone,
  ]
}
