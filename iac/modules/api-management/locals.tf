locals {
  creates = var.existing_service == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_service.resource_id)

  resource_id         = local.creates ? azurerm_api_management.this[0].id : var.existing_service.resource_id
  service_name        = local.creates ? azurerm_api_management.this[0].name : local.existing_id_parts[8]
  resource_group_name = local.creates ? var.resource_group_name : local.existing_id_parts[4]
  gateway_url         = local.creates ? azurerm_api_management.this[0].gateway_url : data.azurerm_api_management.existing[0].gateway_url

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "Gateway"

  identity_type = join(", ", compact([
    var.managed_identities.system_assigned ? "SystemAssigned" : "",
    length(var.managed_identities.user_assigned_resource_ids) > 0 ? "UserAssigned" : "",
  ]))

  # In a service of others, names begin with the module's.
  prefix             = local.creates ? "" : "${var.name}-"
  api_names          = { for key, a in var.apis : key => coalesce(a.name, "${local.prefix}${key}") }
  product_names      = { for key, p in var.products : key => coalesce(p.name, "${local.prefix}${key}") }
  backend_names      = { for key, b in var.backends : key => coalesce(b.name, "${local.prefix}${key}") }
  named_value_names  = { for key, v in var.named_values : key => coalesce(v.name, "${local.prefix}${key}") }
  openid_names       = { for key, p in var.openid_connect_providers : key => coalesce(p.name, "${local.prefix}${key}") }
  subscription_names = { for key, s in var.subscriptions : key => coalesce(s.name, "${local.prefix}${key}") }
  api_paths          = { for key, a in var.apis : key => coalesce(a.path, key) }

  # An API with no operations of its own passes every path on.
  operations = merge([
    for api_key, a in var.apis : length(a.operations) > 0 ? { for key, o in a.operations : "${api_key}/${key}" => merge(o, {
      api_key      = api_key
      operation_id = key
      display_name = coalesce(o.display_name, key)
      }) } : a.import != null ? {} : { for method in a.proxy_methods : "${api_key}/proxy-${lower(method)}" => {
      api_key             = api_key
      operation_id        = "proxy-${lower(method)}"
      display_name        = "${method} of any path"
      description         = null
      method              = method
      url_template        = "/*"
      template_parameters = {}
      policy_xml          = null
    } }
  ]...)

  api_products   = merge([for api_key, a in var.apis : { for product in a.products : "${product}/${api_key}" => { product = product, api = api_key } }]...)
  product_groups = merge([for key, p in var.products : { for group in p.groups : "${key}/${group}" => { product = key, group = group } }]...)

  gateway_hostnames = [for h in var.hostnames : h.host_name if h.endpoint == "gateway"]
  host              = length(local.gateway_hostnames) > 0 ? local.gateway_hostnames[0] : try(regex("^https?://([^/:]+)", local.gateway_url)[0], local.gateway_url)
  api_urls          = { for key, path in local.api_paths : key => "https://${local.host}/${path}" }
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_api_management.this,
    azurerm_api_management_api.this,
    azurerm_api_management_api_operation.this,
    azurerm_api_management_api_operation_policy.this,
    azurerm_api_management_api_policy.this,
    azurerm_api_management_backend.this,
    azurerm_api_management_diagnostic.this,
    azurerm_api_management_logger.this,
    azurerm_api_management_named_value.this,
    azurerm_api_management_openid_connect_provider.this,
    azurerm_api_management_policy.this,
    azurerm_api_management_product.this,
    azurerm_api_management_product_api.this,
    azurerm_api_management_product_group.this,
    azurerm_api_management_product_policy.this,
    azurerm_api_management_redis_cache.this,
    azurerm_api_management_subscription.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.this,
  ]
}
