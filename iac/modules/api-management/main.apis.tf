resource "azurerm_api_management_api" "this" {
  for_each = var.apis

  name                  = local.api_names[each.key]
  api_management_name   = local.service_name
  resource_group_name   = local.resource_group_name
  revision              = each.value.revision
  display_name          = coalesce(each.value.display_name, local.api_names[each.key])
  description           = each.value.description
  path                  = local.api_paths[each.key]
  protocols             = each.value.protocols
  service_url           = each.value.service_url
  subscription_required = each.value.subscription_required

  dynamic "subscription_key_parameter_names" {
    for_each = each.value.subscription_key == null ? [] : [each.value.subscription_key]

    content {
      header = subscription_key_parameter_names.value.header
      query  = subscription_key_parameter_names.value.query
    }
  }

  dynamic "import" {
    for_each = each.value.import == null ? [] : [each.value.import]

    content {
      content_format = import.value.format
      content_value  = import.value.value
    }
  }

  dynamic "openid_authentication" {
    for_each = each.value.openid_provider == null ? [] : [each.value.openid_provider]

    content {
      openid_provider_name         = azurerm_api_management_openid_connect_provider.this[openid_authentication.value].name
      bearer_token_sending_methods = ["authorizationHeader"]
    }
  }
}

resource "azurerm_api_management_api_operation" "this" {
  for_each = local.operations

  operation_id        = each.value.operation_id
  api_name            = azurerm_api_management_api.this[each.value.api_key].name
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  display_name        = each.value.display_name
  description         = each.value.description
  method              = each.value.method
  url_template        = each.value.url_template

  dynamic "template_parameter" {
    for_each = each.value.template_parameters

    content {
      name        = template_parameter.key
      type        = template_parameter.value.type
      description = template_parameter.value.description
      required    = true
    }
  }
}

resource "azurerm_api_management_api_operation_policy" "this" {
  for_each = { for key, o in local.operations : key => o.policy_xml if o.policy_xml != null }

  operation_id        = azurerm_api_management_api_operation.this[each.key].operation_id
  api_name            = azurerm_api_management_api_operation.this[each.key].api_name
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  xml_content         = each.value

  depends_on = [azurerm_api_management_backend.this, azurerm_api_management_named_value.this]
}

resource "azurerm_api_management_api_policy" "this" {
  for_each = { for key, a in var.apis : key => a.policy if a.policy != null }

  api_name            = azurerm_api_management_api.this[each.key].name
  api_management_name = local.service_name
  resource_group_name = local.resource_group_name
  xml_content         = local.policy_xml["api/${each.key}"]

  depends_on = [azurerm_api_management_backend.this, azurerm_api_management_named_value.this]
}
