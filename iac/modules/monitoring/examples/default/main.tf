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
  name     = "rg-monitoring-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-monitoring-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.62.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.62.0.0/26"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  for_each = toset(["privatelink.monitor.azure.com", "privatelink.oms.opinsights.azure.com", "privatelink.ods.opinsights.azure.com", "privatelink.agentsvc.azure-automation.net"])

  name                = each.key
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "monitoring" {
  source = "../../"

  name                = "log-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  managed_identities  = { system_assigned = true }

  tables = {
    ContainerLogV2 = { plan = "Basic", total_retention_days = 90 }
    AzureActivity  = { retention_days = 180, total_retention_days = 365 }
  }

  application_insights = { platform = {} }

  action_groups = {
    platform = { short_name = "platform", email_receivers = { team = "platform@example.com" } }
    security = { short_name = "security", email_receivers = { team = "security@example.com" } }
  }

  metric_alerts = {
    failed-requests = {
      scopes   = { platform = module.monitoring.application_insights_resource_ids["platform"] }
      severity = 2
      criteria = [{ metric_namespace = "microsoft.insights/components", metric_name = "requests/failed", aggregation = "Count", operator = "GreaterThan", threshold = 10 }]
    }

    slow-requests = {
      scopes           = { platform = module.monitoring.application_insights_resource_ids["platform"] }
      dynamic_criteria = { metric_namespace = "microsoft.insights/components", metric_name = "requests/duration", aggregation = "Average", operator = "GreaterThan" }
    }
  }

  activity_log_alerts = {
    service-health = {
      scopes         = { subscription = "/subscriptions/${data.azurerm_client_config.current.subscription_id}" }
      category       = "ServiceHealth"
      service_health = { locations = ["West Europe", "Global"] }
    }

    policy-changed = {
      scopes         = { subscription = "/subscriptions/${data.azurerm_client_config.current.subscription_id}" }
      category       = "Administrative"
      operation_name = "Microsoft.Authorization/policyAssignments/delete"
      statuses       = ["Succeeded"]
      action_groups  = ["security"]
    }
  }

  query_alerts = {
    no-heartbeat = {
      query     = "Heartbeat | summarize LastSeen = max(TimeGenerated) by Computer | where LastSeen < ago(10m)"
      severity  = 1
      frequency = "PT10M"
      window    = "PT30M"
    }
  }

  diagnostic_settings = {
    itself = { workspace_resource_id = module.monitoring.resource_id }
  }

  private_endpoints = {
    network = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { for name, zone in azurerm_private_dns_zone.this : name => zone.id }
    }
  }
}

output "workspace_id" {
  description = "Customer id of the workspace."
  value       = module.monitoring.workspace_id
}
