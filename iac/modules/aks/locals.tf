locals {
  # It waits for what lies within the cluster, so that the lock comes last and goes
  # first: under it nothing within could be deleted.
  resource_id = [
    azurerm_kubernetes_cluster.this.id,
    keys(azurerm_kubernetes_cluster_node_pool.this),
    length(azurerm_kubernetes_cluster_deployment_safeguard.this),
  ][0]

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "management"

  has_user_assigned_identity = length(var.managed_identities.user_assigned_resource_ids) > 0

  # The node resource group is Azure's to make; a name of ours says whose it is.
  node_resource_group_name = coalesce(var.node_resource_group_name, "${var.resource_group_name}-${var.name}-nodes")
}
