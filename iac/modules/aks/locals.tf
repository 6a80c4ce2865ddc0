locals {
  resource_id = azurerm_kubernetes_cluster.this.id

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "management"

  has_user_assigned_identity = length(var.managed_identities.user_assigned_resource_ids) > 0

  # The node resource group is Azure's to make; a name of ours says whose it is.
  node_resource_group_name = coalesce(var.node_resource_group_name, "${var.resource_group_name}-${var.name}-nodes")
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_disk_encryption_set.this,
    azurerm_kubernetes_cluster.this,
    azurerm_kubernetes_cluster_deployment_safeguard.this,
    azurerm_kubernetes_cluster_node_pool.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.this,
  ]
}
