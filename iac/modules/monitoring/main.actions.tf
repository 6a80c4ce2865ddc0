resource "azurerm_monitor_action_group" "this" {
  for_each = var.action_groups

  name                = coalesce(each.value.name, "ag-${each.key}")
  resource_group_name = var.resource_group_name
  short_name          = each.value.short_name
  enabled             = each.value.enabled
  location            = "global"
  tags                = var.tags

  dynamic "email_receiver" {
    for_each = each.value.email_receivers

    content {
      name                    = email_receiver.key
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }

  dynamic "arm_role_receiver" {
    for_each = each.value.role_receivers

    content {
      name                    = arm_role_receiver.key
      role_id                 = arm_role_receiver.value
      use_common_alert_schema = true
    }
  }

  dynamic "webhook_receiver" {
    for_each = each.value.webhook_receivers

    content {
      name                    = webhook_receiver.key
      service_uri             = webhook_receiver.value.service_uri
      use_common_alert_schema = true

      dynamic "aad_auth" {
        for_each = webhook_receiver.value.entra_object_id == null ? [] : [webhook_receiver.value]

        content {
          object_id      = aad_auth.value.entra_object_id
          identifier_uri = aad_auth.value.identifier_uri
        }
      }
    }
  }

  dynamic "event_hub_receiver" {
    for_each = each.value.event_hub_receivers

    content {
      name                    = event_hub_receiver.key
      event_hub_namespace     = event_hub_receiver.value.namespace
      event_hub_name          = event_hub_receiver.value.event_hub
      subscription_id         = event_hub_receiver.value.subscription_id
      use_common_alert_schema = true
    }
  }

  dynamic "sms_receiver" {
    for_each = each.value.sms_receivers

    content {
      name         = sms_receiver.key
      country_code = sms_receiver.value.country_code
      phone_number = sms_receiver.value.phone_number
    }
  }
}
