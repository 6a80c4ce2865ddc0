resource "azurerm_private_dns_resolver" "this" {
  count = var.resolver == null ? 0 : 1

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
  virtual_network_id  = var.resolver.virtual_network_resource_id
}

resource "azurerm_private_dns_resolver_inbound_endpoint" "this" {
  for_each = var.resolver == null ? {} : var.resolver.inbound_endpoints

  name                    = coalesce(each.value.name, each.key)
  location                = var.location
  private_dns_resolver_id = azurerm_private_dns_resolver.this[0].id
  tags                    = var.tags

  ip_configurations {
    subnet_id                    = each.value.subnet_resource_id
    private_ip_allocation_method = each.value.private_ip_address == null ? "Dynamic" : "Static"
    private_ip_address           = each.value.private_ip_address
  }
}

resource "azurerm_private_dns_resolver_outbound_endpoint" "this" {
  for_each = var.resolver == null ? {} : var.resolver.outbound_endpoints

  name                    = coalesce(each.value.name, each.key)
  location                = var.location
  private_dns_resolver_id = azurerm_private_dns_resolver.this[0].id
  subnet_id               = each.value.subnet_resource_id
  tags                    = var.tags
}

resource "azurerm_private_dns_resolver_dns_forwarding_ruleset" "this" {
  for_each = local.rulesets

  name                                       = coalesce(each.value.name, "ruleset-${each.key}")
  location                                   = var.location
  resource_group_name                        = var.resource_group_name
  private_dns_resolver_outbound_endpoint_ids = [for key in each.value.outbound_endpoints : azurerm_private_dns_resolver_outbound_endpoint.this[key].id]
  tags                                       = var.tags
}

resource "azurerm_private_dns_resolver_forwarding_rule" "this" {
  for_each = local.rules

  name                      = each.value.name
  dns_forwarding_ruleset_id = azurerm_private_dns_resolver_dns_forwarding_ruleset.this[each.value.ruleset_key].id
  domain_name               = each.value.domain_name
  enabled                   = each.value.enabled
  metadata                  = each.value.metadata

  dynamic "target_dns_servers" {
    for_each = each.value.target_dns_servers

    content {
      ip_address = target_dns_servers.value.ip_address
      port       = target_dns_servers.value.port
    }
  }
}

resource "azurerm_private_dns_resolver_virtual_network_link" "this" {
  for_each = local.ruleset_links

  name                      = each.value.name
  dns_forwarding_ruleset_id = azurerm_private_dns_resolver_dns_forwarding_ruleset.this[each.value.ruleset_key].id
  virtual_network_id        = each.value.virtual_network_resource_id
  metadata                  = each.value.metadata
}
