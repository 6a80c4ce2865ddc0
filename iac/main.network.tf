# Flow logs need an account in the network's region.
resource "azurerm_storage_account" "flow_logs" {
  name                              = "st${var.name}${var.stage}flow"
  resource_group_name               = azurerm_resource_group.this["network"].name
  location                          = var.location
  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = local.zone_redundant ? "ZRS" : "LRS"
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  infrastructure_encryption_enabled = true
  local_user_enabled                = false
  public_network_access_enabled     = false
  tags                              = local.tags

  # Network Watcher is one of Azure's trusted services, which get in though public
  # access is disabled; nobody else does.
  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }
}

module "network" {
  source = "./modules/network"

  name                = "vnet-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["network"].name
  tags                = local.tags
  address_space       = [var.address_space]
  diagnostic_settings = local.diagnostics

  ddos_protection_plan = var.ddos_protection_enabled ? { create = true } : null
  nat_gateway          = { sku_name = local.zone_redundant ? "StandardV2" : "Standard" }
  subnets              = local.network_subnets

  flow_logs = {
    storage_account_resource_id = azurerm_storage_account.flow_logs.id
    traffic_analytics = {
      workspace_id          = module.monitoring.workspace_id
      workspace_resource_id = module.monitoring.resource_id
    }
  }
}

module "dns" {
  source = "./modules/dns-private-zones"

  name                = "dns-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["network"].name
  tags                = local.tags

  zones = {
    for key, domain in local.private_dns_zones : key => {
      domain                = domain
      virtual_network_links = { stage = { virtual_network_resource_id = module.network.resource_id } }
    }
  }

  resolver = length(var.dns_forwarding) == 0 ? null : {
    virtual_network_resource_id = module.network.resource_id
    inbound_endpoints           = { main = { subnet_resource_id = module.network.subnet_ids["dns_inbound"] } }
    outbound_endpoints          = { main = { subnet_resource_id = module.network.subnet_ids["dns_outbound"] } }

    forwarding_rulesets = {
      company = {
        outbound_endpoints    = ["main"]
        virtual_network_links = { stage = { virtual_network_resource_id = module.network.resource_id } }
        rules = {
          for domain, servers in var.dns_forwarding : replace(trimsuffix(domain, "."), ".", "-") => {
            domain_name        = "${trimsuffix(domain, ".")}."
            target_dns_servers = { for address in servers : replace(address, ".", "-") => { ip_address = address } }
          }
        }
      }
    }
  }
}
