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
  name     = "rg-kafka-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-kafka-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.63.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.63.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  for_each = toset(["privatelink.servicebus.windows.net", "privatelink.eventgrid.azure.net"])

  name                = each.key
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-kafka-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "namespace" {
  source = "../../"

  name                     = "evhns-terrace-example"
  location                 = azurerm_resource_group.this.location
  resource_group_name      = azurerm_resource_group.this.name
  tags                     = local.tags
  maximum_throughput_units = 4
  managed_identities       = { system_assigned = true }
  event_hubs               = { audit = { retention_hours = 72 } }
  schema_groups            = { orders = {} }

  private_endpoints = {
    data = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { servicebus = azurerm_private_dns_zone.this["privatelink.servicebus.windows.net"].id }
    }
  }

  event_grid_topics = {
    signals = {
      private_endpoint = {
        subnet_resource_id            = azurerm_subnet.this.id
        private_dns_zone_resource_ids = { eventgrid = azurerm_private_dns_zone.this["privatelink.eventgrid.azure.net"].id }
      }
      subscriptions = {
        audit = {
          event_hub_key        = "audit"
          included_event_types = ["com.example.signed-in"]
          subject_begins_with  = "/users/"
          advanced_string_in   = { "data.region" = ["eu", "uk"] }
        }
      }
    }
  }

  event_grid_system_topics = {
    network = {
      source_resource_id = azurerm_resource_group.this.id
      topic_type         = "Microsoft.Resources.ResourceGroups"
      location           = "global"
      subscriptions      = { audit = { event_hub_key = "audit" } }
    }
  }
}

module "topics" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_namespace  = { resource_id = module.namespace.resource_id }

  event_hubs = {
    placed = {
      partition_count = 4
      consumer_groups = { billing = {} }
      role_assignments = {
        workload = {
          role_definition_name = "Azure Event Hubs Data Sender"
          principal_id         = azurerm_user_assigned_identity.workload.principal_id
          principal_type       = "ServicePrincipal"
        }
      }
    }
    customers = { cleanup_policy = "Compact" }
  }
}

output "kafka_bootstrap_server" {
  description = "What a Kafka client connects to."
  value       = module.topics.kafka_bootstrap_server
}

output "topic" {
  description = "Name of the topic."
  value       = module.topics.event_hub_names.placed
}
