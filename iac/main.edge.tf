module "gateway" {
  source = "./modules/waf-gateway"

  name                = "agw-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["network"].name
  tags                = local.tags
  subnet_resource_id  = module.network.subnet_ids["gateway"]
  zones               = var.zones
  capacity            = { min = var.gateway.min_capacity, max = var.gateway.max_capacity }
  waf                 = { mode = var.gateway.waf_mode }
  public_frontend     = { domain_name_label = local.name_prefix }
  managed_identities  = { user_assigned_resource_ids = { main = module.identity.resource_ids["gateway"] } }
  certificates        = { platform = { key_vault_secret_id = module.certificates.versionless_secret_ids["gateway"] } }
  diagnostic_settings = local.diagnostics

  backend_pools = {
    api    = { fqdns = [module.api_management.gateway_host] }
    portal = { fqdns = [module.portal.host] }
  }

  backend_settings = {
    api    = { pick_host_name_from_backend_address = true, probe = "api" }
    portal = { pick_host_name_from_backend_address = true, probe = "portal" }
  }

  probes = {
    api    = { path = "/status-0123456789abcdef" }
    portal = { path = "/healthz" }
  }

  listeners = {
    https = { certificate = "platform" }
    http  = { protocol = "Http" }
  }

  redirects = { https = { listener = "https" } }

  sites = { for name, s in var.gateway_sites : name => merge(s, { backend_pool = "api", backend_settings = "api", certificate = "platform" }) }

  url_path_maps = {
    main = {
      default_backend_pool     = "api"
      default_backend_settings = "api"
      path_rules = {
        portal = { paths = ["/portal", "/portal/*"], backend_pool = "portal", backend_settings = "portal" }
      }
    }
  }

  routing_rules = {
    main = { priority = 19998, listener = "https", url_path_map = "main" }
    http = { priority = 19999, listener = "http", redirect = "https" }
  }
}

data "azurerm_application_insights" "platform" {
  name                = split("/", module.monitoring.application_insights_resource_ids["platform"])[8]
  resource_group_name = azurerm_resource_group.this["platform"].name
}

data "azurerm_key_vault_secret" "redis" {
  count = var.api_management.external_cache ? 1 : 0

  name         = module.redis.password_secret.name
  key_vault_id = module.redis.password_secret.key_vault_resource_id

  depends_on = [module.redis]
}

module "api_management" {
  source = "./modules/api-management"

  name                          = "apim-${local.name_prefix}"
  location                      = var.location
  resource_group_name           = azurerm_resource_group.this["platform"].name
  tags                          = local.tags
  sku_name                      = var.api_management.sku_name
  publisher                     = { name = var.api_management.publisher_name, email = var.api_management.publisher_email }
  zones                         = startswith(var.api_management.sku_name, "Premium_") ? var.zones : []
  public_network_access_enabled = var.api_management.public_network_access_enabled
  private_endpoints             = local.api_management_outside ? local.endpoints["apim"] : {}
  diagnostic_settings           = local.diagnostics

  virtual_network = {
    type               = local.api_management_outside ? "External" : "Internal"
    subnet_resource_id = module.network.subnet_ids["apim"]
  }

  managed_identities = {
    system_assigned            = true
    user_assigned_resource_ids = { main = module.identity.resource_ids["api-management"] }
  }

  application_insights                   = { resource_id = module.monitoring.application_insights_resource_ids["platform"] }
  application_insights_connection_string = data.azurerm_application_insights.platform.connection_string

  external_cache                   = var.api_management.external_cache ? { redis_resource_id = module.redis.resource_id } : null
  external_cache_connection_string = one([for s in data.azurerm_key_vault_secret.redis : "${module.redis.host}:${module.redis.port},password=${s.value},ssl=True,abortConnect=False"])

  products = {
    internal = { display_name = "Internal", description = "APIs of the stage's workloads.", groups = ["developers"], policy = { rate_limit = { calls = 600, renewal_period_seconds = 60 } } }
  }
}
