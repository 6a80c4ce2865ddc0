# Names of what answers within the network without a private endpoint, which
# nobody but the stage knows: the gateway finds its back ends by them.
locals {
  names = merge(
    { portal = { domain = module.portal.environment_domain.domain, record = "*", addresses = [module.portal.environment_domain.ip_address] } },
    local.api_management_outside ? {} : { apim = { domain = module.api_management.gateway_host, record = "@", addresses = module.api_management.private_ip_addresses } },
  )
}

module "names" {
  source = "./modules/dns-private-zones"

  name                = "names-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["network"].name
  tags                = local.tags

  zones = {
    for key, n in local.names : key => {
      domain                = n.domain
      virtual_network_links = { stage = { virtual_network_resource_id = module.network.resource_id } }
      records               = { main = { name = n.record, type = "A", values = n.addresses } }
    }
  }
}
