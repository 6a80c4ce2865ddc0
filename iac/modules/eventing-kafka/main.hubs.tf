resource "azurerm_eventhub" "this" {
  for_each = var.event_hubs

  name            = local.event_hub_names[each.key]
  namespace_id    = local.namespace_id
  partition_count = each.value.partition_count
  status          = each.value.status

  retention_description {
    cleanup_policy                    = each.value.cleanup_policy
    retention_time_in_hours           = each.value.cleanup_policy == "Delete" ? each.value.retention_hours : null
    tombstone_retention_time_in_hours = each.value.cleanup_policy == "Compact" ? each.value.retention_hours : null
  }

  dynamic "capture_description" {
    for_each = each.value.capture == null ? [] : [each.value.capture]

    content {
      enabled             = true
      encoding            = capture_description.value.encoding
      interval_in_seconds = capture_description.value.interval_seconds
      size_limit_in_bytes = capture_description.value.size_limit_bytes
      skip_empty_archives = capture_description.value.skip_empty_archives

      destination {
        name                        = "EventHubArchive.AzureBlockBlob"
        archive_name_format         = capture_description.value.archive_name_format
        blob_container_name         = capture_description.value.container_name
        storage_account_id          = capture_description.value.storage_account_resource_id
        storage_authentication_type = capture_description.value.user_assigned_identity_resource_id == null ? "SystemAssigned" : "UserAssigned"
        storage_authentication_id   = capture_description.value.user_assigned_identity_resource_id
      }
    }
  }
}

resource "azurerm_eventhub_consumer_group" "this" {
  for_each = local.consumer_groups

  name                = each.value.name
  namespace_name      = local.namespace_name
  eventhub_name       = azurerm_eventhub.this[each.value.hub_key].name
  resource_group_name = local.resource_group_name
  user_metadata       = each.value.user_metadata
}

resource "azurerm_role_assignment" "event_hub" {
  for_each = local.hub_role_assignments

  scope                = azurerm_eventhub.this[each.value.hub_key].id
  role_definition_name = each.value.role_definition_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
