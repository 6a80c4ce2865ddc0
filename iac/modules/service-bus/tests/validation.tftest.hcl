mock_provider "azurerm" {}

variables {
  name                = "sb-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_namespace_refuses" {
  command = plan

  variables {
    tags                         = { owner = "shop" }
    capacity                     = 3
    premium_messaging_partitions = 3
    network_rules                = { ip_rules = ["203.0.113.0/24"] }
    customer_managed_key = {
      key_id                             = "https://kv.vault.azure.net/keys/sb/0123456789abcdef"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sb"
    }
  }

  expect_failures = [
    var.tags,
    var.capacity,
    var.premium_messaging_partitions,
    var.network_rules,
    var.customer_managed_key,
  ]
}

run "queues_and_rules_have_bounds" {
  command = plan

  variables {
    queues = { jobs = { max_delivery_count = 0 } }
    topics = {
      events = {
        subscriptions = { paid = { rules = { none = {} } } }
      }
    }
  }

  expect_failures = [var.queues, var.topics]
}

run "a_standard_namespace_cannot_be_private" {
  command = plan

  variables {
    sku = "Standard"
  }

  expect_failures = [var.public_network_access_enabled]
}

run "what_an_existing_namespace_refuses" {
  command = plan

  variables {
    existing_namespace = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ServiceBus/namespaces/sb-lz" }
    queues             = { jobs = {} }
    managed_identities = { system_assigned = true }
  }

  expect_failures = [var.existing_namespace]
}

run "one_lifetime_of_messages" {
  command = plan

  variables {
    queues = { jobs = { retention_hours = 0.5 } }
    topics = { events = { retention_hours = 24, default_message_ttl = "P1D" } }
  }

  expect_failures = [var.queues, var.topics]
}
