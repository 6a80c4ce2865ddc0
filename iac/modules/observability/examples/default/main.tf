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
  name     = "rg-observability-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-observability-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.64.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  for_each = { aks = "10.64.0.0/20", private-endpoints = "10.64.16.0/24" }

  name                            = each.key
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [each.value]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  for_each = toset(["privatelink.westeurope.prometheus.monitor.azure.com", "privatelink.grafana.azure.com"])

  name                = each.key
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-observability-example"
  location                     = azurerm_resource_group.this.location
  resource_group_name          = azurerm_resource_group.this.name
  retention_in_days            = 30
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_monitor_private_link_scope" "this" {
  name                  = "ampls-observability-example"
  resource_group_name   = azurerm_resource_group.this.name
  ingestion_access_mode = "PrivateOnly"
  query_access_mode     = "PrivateOnly"
  tags                  = local.tags
}

resource "azurerm_monitor_action_group" "this" {
  name                = "ag-observability-example"
  resource_group_name = azurerm_resource_group.this.name
  short_name          = "platform"
  tags                = local.tags

  email_receiver {
    name                    = "team"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

module "aks" {
  source = "../../../aks"

  name                  = "aks-observability-example"
  location              = azurerm_resource_group.this.location
  resource_group_name   = azurerm_resource_group.this.name
  tags                  = local.tags
  subnet_resource_id    = azurerm_subnet.this["aks"].id
  deployment_safeguards = null
}

module "observability" {
  source = "../../"

  name                      = "amw-terrace-example"
  location                  = azurerm_resource_group.this.location
  resource_group_name       = azurerm_resource_group.this.name
  tags                      = local.tags
  clusters                  = { main = { resource_id = module.aks.resource_id, name = module.aks.name } }
  container_logs            = { workspace_resource_id = azurerm_log_analytics_workspace.this.id }
  private_link_scope        = { resource_id = azurerm_monitor_private_link_scope.this.id }
  action_group_resource_ids = { platform = azurerm_monitor_action_group.this.id }

  grafana = {
    name             = "graf-terrace-example"
    role_assignments = { operator = { role = "Grafana Admin", principal_id = data.azurerm_client_config.current.object_id } }

    private_endpoints = {
      main = {
        subnet_resource_id            = azurerm_subnet.this["private-endpoints"].id
        private_dns_zone_resource_ids = { main = azurerm_private_dns_zone.this["privatelink.grafana.azure.com"].id }
      }
    }
  }

  private_endpoints = {
    main = {
      subnet_resource_id            = azurerm_subnet.this["private-endpoints"].id
      private_dns_zone_resource_ids = { main = azurerm_private_dns_zone.this["privatelink.westeurope.prometheus.monitor.azure.com"].id }
    }
  }

  rule_groups = {
    shop = {
      rules = [{ alert = "ShopSlow", expression = "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m])) > 1", for = "PT5M" }]
    }
  }
}

output "query_endpoint" {
  description = "Address that Prometheus queries go to."
  value       = module.observability.query_endpoint
}
