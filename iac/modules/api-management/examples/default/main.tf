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

resource "azurerm_resource_group" "this" {
  name     = "rg-apim-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-apim-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.64.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "private_endpoints" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.64.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.azure-api.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-apim-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  retention_in_days   = 30
}

resource "azurerm_application_insights" "this" {
  name                = "appi-apim-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  workspace_id        = azurerm_log_analytics_workspace.this.id
  application_type    = "web"
}

module "service" {
  source = "../../"

  name                = "apim-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  publisher           = { name = "Platform", email = "platform@example.com" }
  managed_identities  = { system_assigned = true }

  private_endpoints = {
    gateway = {
      subnet_resource_id            = azurerm_subnet.private_endpoints.id
      private_dns_zone_resource_ids = { apim = azurerm_private_dns_zone.this.id }
    }
  }

  application_insights                   = { resource_id = azurerm_application_insights.this.id }
  application_insights_connection_string = azurerm_application_insights.this.connection_string

  policy = {
    rate_limit = { calls = 1000, renewal_period_seconds = 60, counter_key = "@(context.Request.IpAddress)" }
  }
}

module "shop" {
  source = "../../"

  name                = "shop"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags

  existing_service = { resource_id = module.service.resource_id }

  named_values = { region = { value = "westeurope" } }

  backends = {
    cluster = { url = "https://shop.dev.terrace.internal", circuit_breaker = { failures = 5 } }
  }

  products = {
    partners = { display_name = "Partners", policy = { quota = { calls = 100000, renewal_period_seconds = 86400 } } }
  }

  apis = {
    orders = {
      path     = "orders"
      products = ["partners"]
      operations = {
        get-order = {
          method              = "GET"
          url_template        = "/orders/{id}"
          template_parameters = { id = { description = "Number of the order." } }
        }
      }
      policy = {
        backend          = "cluster"
        rate_limit       = { calls = 100, renewal_period_seconds = 10 }
        cors             = { origins = ["https://shop.example.com"], methods = ["GET"] }
        jwt              = { openid_config_url = "https://login.example.com/.well-known/openid-configuration", audiences = ["orders"] }
        request_headers  = { X-Region = "{{shop-region}}" }
        response_headers = { X-Frame-Options = "DENY" }
      }
    }

    web = { service_url = "https://web.dev.terrace.internal", subscription_required = false }
  }

  subscriptions = { billing = { product = "partners" } }
}

output "urls" {
  description = "URLs of the APIs."
  value       = module.shop.api_urls
}
