resource "azurerm_management_group_policy_assignment" "this" {
  for_each = { for key, value in local.assigned : key => value if local.management_group_id != null }

  name                 = substr("${var.name}-${each.key}", 0, 24)
  management_group_id  = local.management_group_id
  policy_definition_id = each.value.policy_definition_id
  display_name         = each.value.display_name
  enforce              = each.value.enforce
  not_scopes           = setunion(var.not_scopes, each.value.not_scopes)
  parameters           = length(each.value.parameters) == 0 ? null : jsonencode(each.value.parameters)
  location             = each.value.needs_identity ? var.location : null

  dynamic "identity" {
    for_each = each.value.needs_identity ? [var.identity.resource_id] : []

    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  dynamic "non_compliance_message" {
    for_each = each.value.messages

    content {
      content                        = non_compliance_message.value.content
      policy_definition_reference_id = non_compliance_message.value.reference
    }
  }
}

resource "azurerm_subscription_policy_assignment" "this" {
  for_each = { for key, value in local.assigned : key => value if local.subscription_id != null }

  name                 = substr("${var.name}-${each.key}", 0, 64)
  subscription_id      = local.subscription_id
  policy_definition_id = each.value.policy_definition_id
  display_name         = each.value.display_name
  enforce              = each.value.enforce
  not_scopes           = setunion(var.not_scopes, each.value.not_scopes)
  parameters           = length(each.value.parameters) == 0 ? null : jsonencode(each.value.parameters)
  location             = each.value.needs_identity ? var.location : null

  dynamic "identity" {
    for_each = each.value.needs_identity ? [var.identity.resource_id] : []

    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  dynamic "non_compliance_message" {
    for_each = each.value.messages

    content {
      content                        = non_compliance_message.value.content
      policy_definition_reference_id = non_compliance_message.value.reference
    }
  }
}

resource "azurerm_resource_group_policy_assignment" "this" {
  for_each = { for key, value in local.assigned : key => value if local.resource_group_id != null }

  name                 = substr("${var.name}-${each.key}", 0, 64)
  resource_group_id    = local.resource_group_id
  policy_definition_id = each.value.policy_definition_id
  display_name         = each.value.display_name
  enforce              = each.value.enforce
  not_scopes           = setunion(var.not_scopes, each.value.not_scopes)
  parameters           = length(each.value.parameters) == 0 ? null : jsonencode(each.value.parameters)
  location             = each.value.needs_identity ? var.location : null

  dynamic "identity" {
    for_each = each.value.needs_identity ? [var.identity.resource_id] : []

    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  dynamic "non_compliance_message" {
    for_each = each.value.messages

    content {
      content                        = non_compliance_message.value.content
      policy_definition_reference_id = non_compliance_message.value.reference
    }
  }
}
