resource "azurerm_api_management_product" "this" {
  for_each = var.products

  product_id            = local.product_names[each.key]
  api_management_name   = local.service_name
  resource_group_name   = local.resource_group_name
  display_name          = coalesce(each.value.display_name, local.product_names[each.key])
  description           = each.value.description
  terms                 = each.value.terms
  subscription_required = each.value.subscription_required
  approval_required     = each.value.subscription_required ? each.value.approval_required : null
  subscriptions_limit   = each.value.subscription_required && each.value.subscriptions_limit > 0 ? each.value.subscriptions_limit : null
  published             = each.value.published
}

resource "azurerm_api_management_product_api" "this" {
  for_each = local.api_products

  product_id          = azurerm_api_management_product.this[each.value.product].product_id
  api_name            = azurerm_api_management_api.this[each.value.api].name
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
}

resource "azurerm_api_management_product_group" "this" {
  for_each = local.product_groups

  product_id          = azurerm_api_management_product.this[each.value.product].product_id
  group_name          = each.value.group
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
}

resource "azurerm_api_management_product_policy" "this" {
  for_each = { for key, p in var.products : key => p.policy if p.policy != null }

  product_id          = azurerm_api_management_product.this[each.key].product_id
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  xml_content         = local.policy_xml["product/${each.key}"]

  depends_on = [azurerm_api_management_backend.this, azurerm_api_management_named_value.this]
}

resource "azurerm_api_management_subscription" "this" {
  for_each = var.subscriptions

  subscription_id     = local.subscription_names[each.key]
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  display_name        = coalesce(each.value.display_name, local.subscription_names[each.key])
  product_id          = each.value.product == null ? null : azurerm_api_management_product.this[each.value.product].id
  # The subscription is to the API, whatever its revision.
  api_id        = each.value.api == null ? null : split(";", azurerm_api_management_api.this[each.value.api].id)[0]
  state         = each.value.state
  allow_tracing = false
}
