mock_provider "azurerm" {}

variables {
  name                = "evhns-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_namespace_refuses" {
  command = plan

  variables {
    tags                     = { owner = "shop" }
    capacity                 = 41
    network_rules            = { ip_rules = ["203.0.113.0/24"] }
    schema_groups            = { orders = { schema_type = "Json" } }
    event_grid_topics        = { signals = { subscriptions = { one = { event_hub_key = "nowhere" } } } }
    event_grid_system_topics = { blobs = { source_resource_id = "/subscriptions/s/resourceGroups/r", topic_type = "Microsoft.Resources.ResourceGroups", subscriptions = { one = { event_hub_key = "nowhere" } } } }
    customer_managed_key = {
      key_id                             = "https://kv.vault.azure.net/keys/kafka"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-evh"
    }
  }

  expect_failures = [
    var.tags,
    var.capacity,
    var.network_rules,
    var.schema_groups,
    var.event_grid_topics,
    var.event_grid_system_topics,
    var.customer_managed_key,
  ]
}

run "kafka_and_event_hubs_have_bounds" {
  command = plan

  variables {
    sku        = "Basic"
    event_hubs = { audit = { cleanup_policy = "Never", partition_count = 0 } }
  }

  expect_failures = [var.sku, var.event_hubs]
}

run "what_an_existing_namespace_refuses" {
  command = plan

  variables {
    existing_namespace = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.EventHub/namespaces/evhns-lz" }
    event_hubs         = { audit = {} }
    lock               = { kind = "ReadOnly" }
  }

  expect_failures = [var.existing_namespace]
}
