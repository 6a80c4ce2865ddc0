resource "azurerm_subscription_policy_remediation" "this" {
  for_each = { for key, value in var.remediations : key => value if local.subscription_id != null }

  name                           = lower("${var.name}-${each.key}")
  subscription_id                = local.subscription_id
  policy_assignment_id           = local.assignment_ids[each.value.assignment]
  policy_definition_reference_id = each.value.reference_id
  location_filters               = each.value.location_filters
  resource_discovery_mode        = each.value.discovery_mode
}

resource "azurerm_resource_group_policy_remediation" "this" {
  for_each = { for key, value in var.remediations : key => value if local.resource_group_id != null }

  name                           = lower("${var.name}-${each.key}")
  resource_group_id              = local.resource_group_id
  policy_assignment_id           = local.assignment_ids[each.value.assignment]
  policy_definition_reference_id = each.value.reference_id
  location_filters               = each.value.location_filters
  resource_discovery_mode        = each.value.discovery_mode
}
