output "budget_ids" {
  description = "Ids of the budgets, by their keys."
  value = merge(
    { for key, budget in azurerm_consumption_budget_subscription.this : key => budget.id },
    { for key, budget in azurerm_consumption_budget_resource_group.this : key => budget.id },
  )
}

output "export_ids" {
  description = "Ids of the exports, by their keys."
  value       = { for key, export in azurerm_subscription_cost_management_export.this : key => export.id }
}

output "resource_id" {
  description = "Id of the storage account for the exports; null where there is none."
  value       = one(azurerm_storage_account.exports[*].id)
}

output "name" {
  description = "Name of the storage account for the exports; null where there is none."
  value       = one(azurerm_storage_account.exports[*].name)
}

output "anomaly_alert_id" {
  description = "Id of the anomaly alert; null where there is none."
  value       = one(azurerm_cost_anomaly_alert.this[*].id)
}
