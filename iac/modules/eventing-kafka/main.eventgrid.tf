resource "azurerm_eventgrid_topic" "this" {
  for_each = var.event_grid_topics

  name                          = coalesce(each.value.name, "${var.name}-${each.key}")
  location                      = var.location
  resource_group_name           = var.resource_group_name
  tags                          = var.tags
  input_schema                  = each.value.input_schema
  local_auth_enabled            = false
  public_network_access_enabled = each.value.public_network_access_enabled

  dynamic "inbound_ip_rule" {
    for_each = each.value.inbound_ip_rules

    content {
      ip_mask = inbound_ip_rule.value
      action  = "Allow"
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_private_endpoint" "event_grid_topic" {
  for_each = { for key, t in var.event_grid_topics : key => t.private_endpoint if t.private_endpoint != null }

  name                          = "pe-${azurerm_eventgrid_topic.this[each.key].name}"
  location                      = var.location
  resource_group_name           = var.resource_group_name
  subnet_id                     = each.value.subnet_resource_id
  custom_network_interface_name = "nic-pe-${azurerm_eventgrid_topic.this[each.key].name}"
  tags                          = var.tags

  private_service_connection {
    name                           = "psc-${azurerm_eventgrid_topic.this[each.key].name}"
    private_connection_resource_id = azurerm_eventgrid_topic.this[each.key].id
    is_manual_connection           = false
    subresource_names              = ["topic"]
  }

  dynamic "private_dns_zone_group" {
    for_each = length(each.value.private_dns_zone_resource_ids) > 0 ? [true] : []

    content {
      name                 = "default"
      private_dns_zone_ids = values(each.value.private_dns_zone_resource_ids)
    }
  }
}

resource "azurerm_role_assignment" "event_grid_topic" {
  for_each = local.topic_hubs

  scope                = azurerm_eventhub.this[each.value[0].hub_key].id
  role_definition_name = "Azure Event Hubs Data Sender"
  principal_id         = azurerm_eventgrid_topic.this[each.value[0].topic_key].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_eventgrid_event_subscription" "this" {
  for_each = local.topic_subscriptions

  name                                 = each.value.name
  scope                                = azurerm_eventgrid_topic.this[each.value.topic_key].id
  event_delivery_schema                = each.value.schema
  eventhub_id                          = azurerm_eventhub.this[each.value.event_hub_key].id
  included_event_types                 = each.value.included_event_types
  advanced_filtering_on_arrays_enabled = each.value.array_filtering_enabled

  delivery_identity {
    type = "SystemAssigned"
  }

  retry_policy {
    max_delivery_attempts = each.value.max_delivery_attempts
    event_time_to_live    = each.value.event_time_to_live
  }

  dynamic "subject_filter" {
    for_each = each.value.subject_begins_with == null && each.value.subject_ends_with == null ? [] : [true]

    content {
      subject_begins_with = each.value.subject_begins_with
      subject_ends_with   = each.value.subject_ends_with
      case_sensitive      = false
    }
  }

  dynamic "advanced_filter" {
    for_each = length(each.value.advanced_string_in) == 0 ? [] : [true]

    content {
      dynamic "string_in" {
        for_each = each.value.advanced_string_in

        content {
          key    = string_in.key
          values = string_in.value
        }
      }
    }
  }

  dynamic "delivery_property" {
    for_each = each.value.delivery_property_headers

    content {
      header_name = delivery_property.key
      type        = "Static"
      value       = delivery_property.value
      secret      = false
    }
  }

  dynamic "dead_letter_identity" {
    for_each = each.value.dead_letter_storage == null ? [] : [true]

    content {
      type = "SystemAssigned"
    }
  }

  dynamic "storage_blob_dead_letter_destination" {
    for_each = each.value.dead_letter_storage == null ? [] : [each.value.dead_letter_storage]

    content {
      storage_account_id          = storage_blob_dead_letter_destination.value.storage_account_resource_id
      storage_blob_container_name = storage_blob_dead_letter_destination.value.container_name
    }
  }

  depends_on = [azurerm_role_assignment.event_grid_topic]
}

resource "azurerm_eventgrid_system_topic" "this" {
  for_each = var.event_grid_system_topics

  name                = coalesce(each.value.name, "${var.name}-${each.key}")
  location            = coalesce(each.value.location, var.location)
  resource_group_name = split("/", each.value.source_resource_id)[4]
  tags                = var.tags
  source_resource_id  = each.value.source_resource_id
  topic_type          = each.value.topic_type

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_assignment" "event_grid_system_topic" {
  for_each = local.system_topic_hubs

  scope                = azurerm_eventhub.this[each.value[0].hub_key].id
  role_definition_name = "Azure Event Hubs Data Sender"
  principal_id         = azurerm_eventgrid_system_topic.this[each.value[0].topic_key].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_eventgrid_system_topic_event_subscription" "this" {
  for_each = local.system_topic_subscriptions

  name                                 = each.value.name
  system_topic                         = azurerm_eventgrid_system_topic.this[each.value.topic_key].name
  resource_group_name                  = azurerm_eventgrid_system_topic.this[each.value.topic_key].resource_group_name
  event_delivery_schema                = "CloudEventSchemaV1_0"
  eventhub_id                          = azurerm_eventhub.this[each.value.event_hub_key].id
  included_event_types                 = each.value.included_event_types
  advanced_filtering_on_arrays_enabled = each.value.array_filtering_enabled

  delivery_identity {
    type = "SystemAssigned"
  }

  retry_policy {
    max_delivery_attempts = each.value.max_delivery_attempts
    event_time_to_live    = each.value.event_time_to_live
  }

  dynamic "subject_filter" {
    for_each = each.value.subject_begins_with == null && each.value.subject_ends_with == null ? [] : [true]

    content {
      subject_begins_with = each.value.subject_begins_with
      subject_ends_with   = each.value.subject_ends_with
      case_sensitive      = false
    }
  }

  depends_on = [azurerm_role_assignment.event_grid_system_topic]
}
