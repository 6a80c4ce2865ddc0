locals {
  subscription_id   = var.subscription == null ? "/subscriptions/${data.azurerm_client_config.current.subscription_id}" : var.subscription.resource_id
  resource_group_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/${var.resource_group_name}"

  subscription_budgets   = { for key, b in var.budgets : key => b if !b.resource_group && b.resource_group_id == null }
  resource_group_budgets = { for key, b in var.budgets : key => b if b.resource_group || b.resource_group_id != null }

  emails        = sort(var.receivers.emails)
  roles         = sort(var.receivers.roles)
  action_groups = values(var.receivers.action_group_resource_ids)

  makes_storage = var.export_storage.new_account_name != null
  container_id  = local.makes_storage ? azurerm_storage_container.exports[0].id : try(var.export_storage.existing_container.resource_id, null)
}
