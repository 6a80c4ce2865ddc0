resource "azurerm_management_group_policy_exemption" "this" {
  for_each = { for key, value in var.exemptions : key => value if local.management_group_id != null }

  name                            = "${var.name}-${each.key}"
  management_group_id             = local.management_group_id
  policy_assignment_id            = local.assignment_ids[each.value.assignment]
  exemption_category              = each.value.category
  display_name                    = coalesce(each.value.display_name, each.key)
  description                     = each.value.description
  expires_on                      = each.value.expires_on
  policy_definition_reference_ids = each.value.reference_ids
}

resource "azurerm_subscription_policy_exemption" "this" {
  for_each = { for key, value in var.exemptions : key => value if local.subscription_id != null }

  name                            = "${var.name}-${each.key}"
  subscription_id                 = local.subscription_id
  policy_assignment_id            = local.assignment_ids[each.value.assignment]
  exemption_category              = each.value.category
  display_name                    = coalesce(each.value.display_name, each.key)
  description                     = each.value.description
  expires_on                      = each.value.expires_on
  policy_definition_reference_ids = each.value.reference_ids
}

resource "azurerm_resource_group_policy_exemption" "this" {
  for_each = { for key, value in var.exemptions : key => value if local.resource_group_id != null }

  name                            = "${var.name}-${each.key}"
  resource_group_id               = local.resource_group_id
  policy_assignment_id            = local.assignment_ids[each.value.assignment]
  exemption_category              = each.value.category
  display_name                    = coalesce(each.value.display_name, each.key)
  description                     = each.value.description
  expires_on                      = each.value.expires_on
  policy_definition_reference_ids = each.value.reference_ids
}
