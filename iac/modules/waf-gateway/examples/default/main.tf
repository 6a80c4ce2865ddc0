terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-gateway-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-gateway-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.63.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "gateway"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.63.0.0/25"]
  default_outbound_access_enabled = false
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "id-gateway-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

# The example's vault is open to whoever may sign in, so that the example can put a certificate into it.
resource "azurerm_key_vault" "this" {
  name                       = "kv-gateway-example"
  location                   = azurerm_resource_group.this.location
  resource_group_name        = azurerm_resource_group.this.name
  tags                       = local.tags
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_role_assignment" "example" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Certificates Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}

resource "azurerm_role_assignment" "gateway" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.this.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_key_vault_certificate" "this" {
  name         = "gateway"
  key_vault_id = azurerm_key_vault.this.id
  tags         = local.tags

  certificate_policy {
    issuer_parameters {
      name = "Self"
    }

    key_properties {
      exportable = true
      key_size   = 2048
      key_type   = "RSA"
      reuse_key  = false
    }

    lifetime_action {
      action {
        action_type = "AutoRenew"
      }

      trigger {
        days_before_expiry = 30
      }
    }

    secret_properties {
      content_type = "application/x-pkcs12"
    }

    x509_certificate_properties {
      key_usage          = ["digitalSignature", "keyEncipherment"]
      subject            = "CN=shop.example.com"
      validity_in_months = 12
    }
  }

  depends_on = [azurerm_role_assignment.example]
}

module "gateway" {
  source = "../../"

  name                = "agw-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  subnet_resource_id  = azurerm_subnet.this.id
  public_frontend     = { domain_name_label = "agw-example" }
  private_frontend    = { private_ip_address = "10.63.0.100" }
  managed_identities  = { user_assigned_resource_ids = { gateway = azurerm_user_assigned_identity.this.id } }
  certificates        = { shop = { key_vault_secret_id = azurerm_key_vault_certificate.this.versionless_secret_id } }
  backend_pools       = { cluster = { ip_addresses = ["10.63.0.200"] }, api = { fqdns = ["apim-example.azure-api.net"] } }
  probes              = { api = { path = "/status-0123456789abcdef" } }
  redirects           = { https = { listener = "https" } }

  backend_settings = {
    cluster = { host_name = "shop.example.com" }
    api     = { pick_host_name_from_backend_address = true, probe = "api" }
  }

  listeners = {
    https   = { certificate = "shop", host_names = ["shop.example.com"] }
    http    = { protocol = "Http", host_names = ["shop.example.com"] }
    private = { certificate = "shop", frontend = "private", port = 8443 }
  }

  url_path_maps = {
    shop = {
      default_backend_pool     = "cluster"
      default_backend_settings = "cluster"
      path_rules               = { api = { paths = ["/api/*"], backend_pool = "api", backend_settings = "api" } }
    }
  }

  rewrite_rule_sets = {
    headers = { hsts = { sequence = 100, response_headers = { Strict-Transport-Security = "max-age=31536000; includeSubDomains" } } }
  }

  routing_rules = {
    shop    = { priority = 100, listener = "https", url_path_map = "shop" }
    http    = { priority = 200, listener = "http", redirect = "https" }
    private = { priority = 300, listener = "private", backend_pool = "cluster", backend_settings = "cluster", rewrite_rule_set = "headers" }
  }

  waf = {
    custom_rules = {
      RateLimit = {
        priority             = 10
        type                 = "RateLimitRule"
        rate_limit_threshold = 1000
        conditions           = [{ variables = [{ name = "RemoteAddr" }], operator = "IPMatch", values = ["0.0.0.0/0"] }]
      }
    }
    exclusions = [{
      match_variable = "RequestCookieNames"
      selector       = "session"
      rule_set       = {}
      rules          = { SQLI = ["942440"] }
    }]
  }

  depends_on = [azurerm_role_assignment.gateway]
}

output "host" {
  description = "Where the gateway is reached."
  value       = module.gateway.host
}
