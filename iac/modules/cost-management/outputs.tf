output "budget_resource_ids" {
  description = "Resource ids of the budgets, by the keys of budgets."
  value = merge(
    { for key, b in azurerm_consumption_budget_subscription.this : key => b.id },
    { for key, b in azurerm_consumption_budget_resource_group.this : key => b.id },
  )
}

output "anomaly_alert_resource_id" {
  description = "Resource id of the anomaly alert, null without one."
  value       = try(azurerm_cost_anomaly_alert.this[0].id, null)
}

output "export_resource_ids" {
  description = "Resource ids of the exports, by the keys of exports."
  value       = { for key, e in azurerm_subscription_cost_management_export.this : key => e.id }
}

output "storage_account_resource_id" {
  description = "Resource id of the storage account that the module made for exports, null without one."
  value       = try(azurerm_storage_account.exports[0].id, null)
}
