# A small landing zone for all stages: what the shipped definitions ask for, and nothing else.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "stages" {
  type = set(string)
}

data "azurerm_client_config" "current" {}

locals {
  stages = var.stages
  tags   = { costcenter = "4711", env = "all", owner = "testers" }
  zones = {
    mysql = "privatelink.mysql.database.azure.com"
    redis = "privatelink.redis.azure.net"
  }
  of_stage = { for pair in setproduct(local.stages, keys(local.zones)) : "${pair[0]}-${pair[1]}" => pair }
}

resource "azurerm_resource_group" "this" {
  for_each = local.stages

  name     = "rg-${each.key}"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  for_each = local.stages

  name                = "vnet-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this[each.key].name
  address_space       = ["10.0.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "endpoints" {
  for_each = local.stages

  name                            = "endpoints"
  resource_group_name             = azurerm_resource_group.this[each.key].name
  virtual_network_name            = azurerm_virtual_network.this[each.key].name
  address_prefixes                = ["10.0.1.0/24"]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet" "mysql" {
  for_each = local.stages

  name                            = "mysql"
  resource_group_name             = azurerm_resource_group.this[each.key].name
  virtual_network_name            = azurerm_virtual_network.this[each.key].name
  address_prefixes                = ["10.0.2.0/24"]
  default_outbound_access_enabled = false

  delegation {
    name = "mysql"

    service_delegation {
      name    = "Microsoft.DBforMySQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_private_dns_zone" "services" {
  for_each = local.of_stage

  name                = local.zones[each.value[1]]
  resource_group_name = azurerm_resource_group.this[each.value[0]].name
  tags                = local.tags
}

resource "azurerm_private_dns_zone" "workloads" {
  for_each = local.stages

  name                = "${each.key}.example.internal"
  resource_group_name = azurerm_resource_group.this[each.key].name
  tags                = local.tags
}

resource "azurerm_log_analytics_workspace" "this" {
  for_each = local.stages

  name                = "log-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this[each.key].name
  retention_in_days   = 30
  tags                = local.tags
}

resource "azurerm_key_vault" "this" {
  for_each = local.stages

  name                          = "kv-e2e-${each.key}"
  location                      = "westeurope"
  resource_group_name           = azurerm_resource_group.this[each.key].name
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  public_network_access_enabled = false
  tags                          = local.tags
}

# Without it nobody reaches what is in the vault.
resource "azurerm_private_endpoint" "vault" {
  for_each = local.stages

  name                = "pep-kv-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this[each.key].name
  subnet_id           = azurerm_subnet.endpoints[each.key].id
  tags                = local.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.this[each.key].id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
}

resource "azurerm_role_assignment" "secrets" {
  for_each = local.stages

  scope                = azurerm_key_vault.this[each.key].id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.azurerm_client_config.current.object_id
}

resource "azurerm_eventhub_namespace" "this" {
  for_each = local.stages

  name                = "evhns-e2e-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this[each.key].name
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_api_management" "this" {
  for_each = local.stages

  name                = "apim-e2e-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.this[each.key].name
  publisher_name      = "Testers"
  publisher_email     = "testers@example.com"
  sku_name            = "Developer_1"
  tags                = local.tags
}

output "stages" {
  value = { for stage in local.stages : stage => {
    name_prefix                = "e2e-${stage}"
    location                   = "westeurope"
    tenant_id                  = data.azurerm_client_config.current.tenant_id
    resource_group_names       = { for name in ["network", "platform", "data"] : name => azurerm_resource_group.this[stage].name }
    subnet_ids                 = { mysql = azurerm_subnet.mysql[stage].id, private_endpoints = azurerm_subnet.endpoints[stage].id }
    private_dns_zone_ids       = { for name in keys(local.zones) : name => azurerm_private_dns_zone.services["${stage}-${name}"].id }
    workload_dns_zone          = { id = azurerm_private_dns_zone.workloads[stage].id, name = azurerm_private_dns_zone.workloads[stage].name }
    log_analytics_workspace_id = azurerm_log_analytics_workspace.this[stage].id
    key_vault                  = { id = azurerm_key_vault.this[stage].id, name = azurerm_key_vault.this[stage].name }
    event_hub_namespace        = { id = azurerm_eventhub_namespace.this[stage].id, host = "${azurerm_eventhub_namespace.this[stage].name}.servicebus.windows.net" }
    gateway                    = { host = "gateway.${stage}.example.internal" }
    aks                        = { oidc_issuer_url = "https://issuer.example.com/${stage}/" }
    api_management = {
      id                  = azurerm_api_management.this[stage].id
      name                = azurerm_api_management.this[stage].name
      resource_group_name = azurerm_resource_group.this[stage].name
    }
  } }
}
