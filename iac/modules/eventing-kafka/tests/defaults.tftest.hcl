mock_provider "azurerm" {
  mock_resource "azurerm_eventhub_namespace" {
    defaults = {
      id                                = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.EventHub/namespaces/evhns-shop"
      default_primary_connection_string = "Endpoint=sb://evhns-shop.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=only-a-test"
    }
  }

  mock_resource "azurerm_eventhub" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.EventHub/namespaces/evhns-shop/eventhubs/audit"
    }
  }

  mock_resource "azurerm_eventgrid_topic" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.EventGrid/topics/evhns-shop-signals"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Network/privateEndpoints/pe-evhns-shop-data"
    }
  }

  mock_data "azurerm_eventhub_namespace" {
    defaults = {
      id                                = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.EventHub/namespaces/evhns-lz"
      default_primary_connection_string = "Endpoint=sb://evhns-lz.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=only-a-test"
    }
  }
}

variables {
  name                = "evhns-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    event_hubs = { audit = {} }
    lock       = { kind = "CanNotDelete" }

    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = !azurerm_eventhub_namespace.this[0].local_authentication_enabled && !azurerm_eventhub_namespace.this[0].public_network_access_enabled && azurerm_eventhub_namespace.this[0].minimum_tls_version == "1.2"
    error_message = "the namespace must be private, with Entra ID and TLS 1.2 only"
  }

  assert {
    condition     = azurerm_eventhub_namespace.this[0].network_rulesets[0].default_action == "Deny" && azurerm_eventhub_namespace.this[0].sku == "Standard"
    error_message = "the namespace must deny what no rule lets in"
  }

  assert {
    condition     = output.kafka_bootstrap_server == "evhns-shop.servicebus.windows.net:9093" && output.event_hub_names == { audit = "audit" } && azurerm_eventhub_namespace.this[0].tags["env"] == "dev"
    error_message = "the outputs must tell how to reach the topic"
  }
}

run "event_grid_delivers_with_identities" {
  variables {
    event_hubs = { audit = { consumer_groups = { siem = {} } } }
    event_grid_topics = {
      signals = { subscriptions = { one = { event_hub_key = "audit" }, two = { event_hub_key = "audit", subject_ends_with = "/admin" } } }
    }
  }

  assert {
    condition     = !azurerm_eventgrid_topic.this["signals"].local_auth_enabled && !azurerm_eventgrid_topic.this["signals"].public_network_access_enabled && azurerm_eventgrid_topic.this["signals"].name == "evhns-shop-signals"
    error_message = "the Event Grid topic must be private with Entra ID only"
  }

  assert {
    condition     = length(azurerm_role_assignment.event_grid_topic) == 1 && azurerm_eventgrid_event_subscription.this["signals/two"].delivery_identity[0].type == "SystemAssigned"
    error_message = "the topic's identity must get the right to send, once"
  }

  assert {
    condition     = output.consumer_group_names == { "audit/siem" = "siem" }
    error_message = "the consumer group must be made"
  }
}

run "topics_in_an_existing_namespace" {
  variables {
    name               = "orders"
    existing_namespace = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.EventHub/namespaces/evhns-lz" }
    event_hubs = {
      placed    = { partition_count = 4, consumer_groups = { billing = {} } }
      customers = { name = "customers", cleanup_policy = "Compact", retention_hours = 12 }
    }
  }

  assert {
    condition     = length(azurerm_eventhub_namespace.this) == 0 && output.kafka_bootstrap_server == "evhns-lz.servicebus.windows.net:9093"
    error_message = "no namespace may be made"
  }

  assert {
    condition     = output.event_hub_names == { customers = "customers", placed = "orders-placed" } && azurerm_eventhub_consumer_group.this["placed/billing"].resource_group_name == "rg-lz"
    error_message = "names must derive from the module's name, groups lie with the namespace"
  }

  assert {
    condition     = azurerm_eventhub.this["customers"].retention_description[0].tombstone_retention_time_in_hours == 12 && output.event_hub_partition_counts.placed == 4
    error_message = "partitions and retention must be as asked"
  }
}
