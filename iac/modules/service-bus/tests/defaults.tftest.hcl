mock_provider "azurerm" {
  mock_resource "azurerm_servicebus_namespace" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ServiceBus/namespaces/sb-shop"
      endpoint = "https://sb-shop.servicebus.windows.net:443/"
    }
  }

  mock_resource "azurerm_servicebus_queue" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ServiceBus/namespaces/sb-shop/queues/a"
    }
  }

  mock_resource "azurerm_servicebus_topic" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ServiceBus/namespaces/sb-shop/topics/a"
    }
  }

  mock_resource "azurerm_servicebus_subscription" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ServiceBus/namespaces/sb-shop/topics/a/subscriptions/b"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Network/privateEndpoints/pe-sb-shop-data"
    }
  }

  mock_data "azurerm_servicebus_namespace" {
    defaults = {
      id                           = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ServiceBus/namespaces/sb-lz"
      endpoint                     = "https://sb-lz.servicebus.windows.net:443/"
      premium_messaging_partitions = 2
    }
  }
}

variables {
  name                = "sb-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    queues = { jobs = {} }
    lock   = { kind = "CanNotDelete" }

    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = !azurerm_servicebus_namespace.this[0].local_auth_enabled && !azurerm_servicebus_namespace.this[0].public_network_access_enabled && azurerm_servicebus_namespace.this[0].minimum_tls_version == "1.2"
    error_message = "the namespace must be private, with Entra ID and TLS 1.2 only"
  }

  assert {
    condition     = azurerm_servicebus_namespace.this[0].sku == "Premium" && !azurerm_servicebus_namespace.this[0].network_rule_set[0].public_network_access_enabled
    error_message = "the namespace must be Premium, its rule set private"
  }

  assert {
    condition     = azurerm_servicebus_queue.this["jobs"].dead_lettering_on_message_expiration && !azurerm_servicebus_queue.this["jobs"].partitioning_enabled && output.queue_names == { jobs = "jobs" }
    error_message = "the queue must keep expired messages and be named by its key"
  }

  assert {
    condition     = output.host == "sb-shop.servicebus.windows.net" && azurerm_servicebus_namespace.this[0].tags["env"] == "dev" && azurerm_private_endpoint.this["data"].private_service_connection[0].subresource_names[0] == "namespace"
    error_message = "host, tags and private endpoint must be right"
  }
}

run "a_standard_namespace_says_that_it_is_public" {
  variables {
    sku                           = "Standard"
    public_network_access_enabled = true
    topics = {
      events = {
        subscriptions = { all = {}, paid = { rules = { paid = { correlation_filter = { label = "paid" } } } } }
      }
    }
  }

  assert {
    condition     = azurerm_servicebus_namespace.this[0].capacity == 0 && length(azurerm_servicebus_namespace.this[0].network_rule_set) == 0
    error_message = "a Standard namespace has no units and no rule set"
  }

  assert {
    condition     = azurerm_servicebus_subscription_rule.this["events/paid/paid"].filter_type == "CorrelationFilter" && join(",", keys(output.subscription_resource_ids)) == "events/all,events/paid"
    error_message = "subscriptions and rules must be made as asked"
  }
}

run "entities_in_an_existing_namespace" {
  variables {
    name               = "orders"
    existing_namespace = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.ServiceBus/namespaces/sb-lz" }

    queues = {
      incoming = {
        role_assignments = {
          app = { role_definition_name = "Azure Service Bus Data Receiver", principal_id = "00000000-0000-0000-0000-00000000000a" }
        }
      }
    }
    topics = { events = { name = "order-events" } }
  }

  assert {
    condition     = length(azurerm_servicebus_namespace.this) == 0 && output.host == "sb-lz.servicebus.windows.net" && output.name == "sb-lz"
    error_message = "no namespace may be made"
  }

  assert {
    condition     = output.queue_names == { incoming = "orders-incoming" } && output.topic_names == { events = "order-events" } && azurerm_servicebus_queue.this["incoming"].partitioning_enabled
    error_message = "names must derive from the module's name, partitions from the namespace"
  }

  assert {
    condition     = azurerm_role_assignment.queue["incoming/app"].role_definition_name == "Azure Service Bus Data Receiver"
    error_message = "the workload must get its role on the queue"
  }
}

run "how_long_messages_are_kept" {
  variables {
    queues = { jobs = { retention_hours = 6 }, week = { retention_hours = 168 } }
    topics = { events = { retention_hours = 36, requires_duplicate_detection = true }, forever = {}, own = { default_message_ttl = "PT5M" } }
  }

  assert {
    condition     = azurerm_servicebus_queue.this["jobs"].default_message_ttl == "PT6H" && azurerm_servicebus_queue.this["week"].default_message_ttl == "P7D"
    error_message = "hours of a queue must be a duration as Service Bus writes it"
  }

  assert {
    condition     = azurerm_servicebus_topic.this["events"].default_message_ttl == "P1DT12H" && azurerm_servicebus_topic.this["own"].default_message_ttl == "PT5M" && azurerm_servicebus_topic.this["events"].requires_duplicate_detection
    error_message = "hours of a topic must be a duration as Service Bus writes it"
  }
}
