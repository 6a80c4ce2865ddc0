data "azurerm_client_config" "current" {}

locals {
  name_prefix     = "${var.name}-${var.stage}"
  subscription_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}"
  tags            = merge(var.tags, { env = var.stage })
  zone_redundant  = length(var.zones) > 0
  lock            = var.locked ? { kind = "CanNotDelete" } : null

  # Subnets are cut from the /16: nodes and pods need room, the others a /24.
  subnets = {
    aks               = cidrsubnet(var.address_space, 4, 0)
    private_endpoints = cidrsubnet(var.address_space, 8, 16)
    gateway           = cidrsubnet(var.address_space, 8, 17)
    apim              = cidrsubnet(var.address_space, 8, 18)
    mysql             = cidrsubnet(var.address_space, 8, 19)
    dns_inbound       = cidrsubnet(var.address_space, 8, 20)
    dns_outbound      = cidrsubnet(var.address_space, 8, 21)
    portal            = cidrsubnet(var.address_space, 7, 12)
    api_server        = cidrsubnet(var.address_space, 8, 22)
  }

  platform_namespace = "terrace-system"

  diagnostics = { workspace = { workspace_resource_id = module.monitoring.resource_id } }
}

resource "azurerm_resource_group" "this" {
  for_each = toset(["network", "platform", "data"])

  name     = "rg-${local.name_prefix}-${each.key}"
  location = var.location
  tags     = local.tags
}
