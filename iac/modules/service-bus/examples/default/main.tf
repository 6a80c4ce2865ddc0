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
  features {
    servicebus {
      auto_delete_subscription_default_rule = true
    }
  }
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-servicebus-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-servicebus-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.62.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.62.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.servicebus.windows.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-servicebus-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "namespace" {
  source = "../../"

  name                = "sb-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  managed_identities  = { system_assigned = true }

  private_endpoints = {
    data = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { servicebus = azurerm_private_dns_zone.this.id }
    }
  }
}

module "entities" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_namespace  = { resource_id = module.namespace.resource_id }

  queues = {
    incoming = {
      requires_session = true
      role_assignments = {
        workload = {
          role_definition_name = "Azure Service Bus Data Receiver"
          principal_id         = azurerm_user_assigned_identity.workload.principal_id
          principal_type       = "ServicePrincipal"
        }
      }
    }
  }

  topics = {
    events = {
      subscriptions = {
        billing = {
          rules = {
            large = { sql_filter = "amount > 1000", action = "SET review = 'yes'" }
            paid  = { correlation_filter = { label = "paid" } }
          }
        }
      }
    }
  }
}

output "host" {
  description = "Host name of the namespace."
  value       = module.namespace.host
}

output "queue" {
  description = "Name of the queue."
  value       = module.entities.queue_names.incoming
}
