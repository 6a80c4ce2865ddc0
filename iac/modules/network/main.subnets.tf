resource "azurerm_subnet" "this" {
  for_each = var.subnets

  name                 = local.subnet_names[each.key]
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = each.value.address_prefixes

  default_outbound_access_enabled               = each.value.default_outbound_access_enabled
  private_endpoint_network_policies             = each.value.private_endpoint_network_policies
  private_link_service_network_policies_enabled = each.value.private_link_service_network_policies_enabled
  service_endpoint_policy_ids                   = length(each.value.service_endpoint_policy_resource_ids) > 0 ? values(each.value.service_endpoint_policy_resource_ids) : null

  dynamic "service_endpoint" {
    for_each = each.value.service_endpoints

    content {
      service = service_endpoint.value
    }
  }

  dynamic "delegation" {
    for_each = each.value.delegation == null ? [] : [each.value.delegation]

    content {
      name = "delegation"

      service_delegation {
        name    = delegation.value.service
        actions = delegation.value.actions != null ? delegation.value.actions : lookup(local.delegation_actions, delegation.value.service, [local.join])
      }
    }
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = local.secured_subnets

  name                = coalesce(each.value.network_security_group.name, "nsg-${var.name}-${local.subnet_names[each.key]}")
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  dynamic "security_rule" {
    for_each = local.security_rules[each.key]

    content {
      name        = security_rule.key
      priority    = security_rule.value.priority
      direction   = security_rule.value.direction
      access      = security_rule.value.access
      protocol    = security_rule.value.protocol
      description = security_rule.value.description

      # Azure has one argument for a single value, which may be a service tag, and another for several.
      source_port_range            = length(security_rule.value.source_port_ranges) == 1 ? one(security_rule.value.source_port_ranges) : null
      source_port_ranges           = length(security_rule.value.source_port_ranges) == 1 ? null : security_rule.value.source_port_ranges
      source_address_prefix        = length(security_rule.value.source_address_prefixes) == 1 ? one(security_rule.value.source_address_prefixes) : null
      source_address_prefixes      = length(security_rule.value.source_address_prefixes) == 1 ? null : security_rule.value.source_address_prefixes
      destination_port_range       = length(security_rule.value.destination_port_ranges) == 1 ? one(security_rule.value.destination_port_ranges) : null
      destination_port_ranges      = length(security_rule.value.destination_port_ranges) == 1 ? null : security_rule.value.destination_port_ranges
      destination_address_prefix   = length(security_rule.value.destination_address_prefixes) == 1 ? one(security_rule.value.destination_address_prefixes) : null
      destination_address_prefixes = length(security_rule.value.destination_address_prefixes) == 1 ? null : security_rule.value.destination_address_prefixes
    }
  }
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.secured_subnets

  subnet_id                 = azurerm_subnet.this[each.key].id
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}
