locals {
  # A private endpoint in the network's own subnet, by the zone that its name is in.
  endpoints = {
    for key, zone_id in local.private_dns_zone_ids : key => {
      main = {
        subnet_resource_id            = module.network.subnet_ids["private_endpoints"]
        private_dns_zone_resource_ids = { main = zone_id }
      }
    }
  }

  # Write-only: it is in no plan and no state, and only used when the password's
  # version rises. The server and the vault get the same one.
  mysql_password = "Aa0-${uuid()}"
}

module "mysql" {
  source = "./modules/mysql-db"

  name                             = "mysql-${local.name_prefix}"
  location                         = var.location
  resource_group_name              = azurerm_resource_group.this["data"].name
  tags                             = local.tags
  sku_name                         = var.mysql.sku_name
  zone_redundant                   = local.zone_redundant
  geo_redundant_backup_enabled     = var.geo_redundant
  backup_retention_days            = var.mysql.backup_retention_days
  administrator_password           = local.mysql_password
  administrator_password_version   = var.mysql.password_version
  administrator_password_key_vault = { key_vault_resource_id = module.keyvault.resource_id, secret_name = "mysql-administrator" }
  diagnostic_settings              = local.diagnostics
  lock                             = local.lock

  delegated_subnet = {
    resource_id                  = module.network.subnet_ids["mysql"]
    private_dns_zone_resource_id = local.private_dns_zone_ids["mysql"]
  }

  depends_on = [module.keyvault, module.dns]
}

module "redis" {
  source = "./modules/redis"

  name                      = "redis-${local.name_prefix}"
  location                  = var.location
  resource_group_name       = azurerm_resource_group.this["data"].name
  tags                      = local.tags
  sku_name                  = var.redis.sku_name
  high_availability_enabled = local.zone_redundant
  private_endpoints         = local.endpoints["redis"]
  diagnostic_settings       = local.diagnostics
  lock                      = local.lock

  # API Management signs in with a key, and speaks no cluster protocol.
  clustering_policy = var.api_management.external_cache ? "EnterpriseCluster" : "OSSCluster"
  access_keys_key_vault = var.api_management.external_cache ? {
    key_vault_resource_id = module.keyvault.resource_id
    secret_name           = "redis-access-key"
  } : null
}

module "cosmos" {
  source = "./modules/nosql-db"

  name                = "cosmos-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["data"].name
  tags                = local.tags
  serverless          = var.cosmos.serverless
  zone_redundant      = local.zone_redundant
  private_endpoints   = local.endpoints["cosmos_sql"]
  diagnostic_settings = local.diagnostics
  lock                = local.lock

  replica_locations = var.geo_redundant ? { (var.secondary_location) = { failover_priority = 1, zone_redundant = local.zone_redundant } } : {}

  sql_databases = {
    platform = {
      max_throughput = var.cosmos.serverless ? null : var.cosmos.max_throughput
      containers     = { documents = { partition_key_paths = ["/tenant"] } }
    }
  }

  sql_role_assignments = {
    portal = { principal_id = module.identity.principal_ids["portal"] }
  }
}

# Workloads have queues, topics and hubs in these, which a lock would keep them
# from deleting; likewise in the vault, API management and the cluster.
module "service_bus" {
  source = "./modules/service-bus"

  name                          = "sbns-${local.name_prefix}"
  location                      = var.location
  resource_group_name           = azurerm_resource_group.this["data"].name
  tags                          = local.tags
  sku                           = var.service_bus.sku
  capacity                      = var.service_bus.capacity
  public_network_access_enabled = var.service_bus.sku != "Premium"
  private_endpoints             = var.service_bus.sku == "Premium" ? local.endpoints["servicebus"] : {}
  diagnostic_settings           = local.diagnostics

  topics = {
    platform-events = {
      subscriptions    = { audit = {} }
      role_assignments = { portal = { role_definition_name = "Azure Service Bus Data Sender", principal_id = module.identity.principal_ids["portal"], principal_type = "ServicePrincipal" } }
    }
  }
}

module "eventing" {
  source = "./modules/eventing-kafka"

  name                     = "evhns-${local.name_prefix}"
  location                 = var.location
  resource_group_name      = azurerm_resource_group.this["data"].name
  tags                     = local.tags
  sku                      = var.event_hub.sku
  capacity                 = var.event_hub.capacity
  maximum_throughput_units = var.event_hub.sku == "Standard" ? var.event_hub.capacity * 4 : null
  private_endpoints        = local.endpoints["eventhub"]
  diagnostic_settings      = local.diagnostics

  event_hubs = {
    platform-events = {
      partition_count = 4
      retention_hours = 24
      consumer_groups = { portal = {} }
    }
  }
}
