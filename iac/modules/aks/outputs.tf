output "resource_id" {
  description = "Resource id of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "fqdn" {
  description = "Host name of the API server in the private network."
  value       = azurerm_kubernetes_cluster.this.private_fqdn
}

output "oidc_issuer_url" {
  description = "Issuer of the tokens of service accounts, for federated credentials."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "kubernetes_version" {
  description = "Version of Kubernetes that the control plane runs."
  value       = azurerm_kubernetes_cluster.this.current_kubernetes_version
}

output "node_resource_group_name" {
  description = "Name of the resource group of the nodes, which Azure makes and removes."
  value       = azurerm_kubernetes_cluster.this.node_resource_group
}

output "node_resource_group_id" {
  description = "Resource id of the resource group of the nodes."
  value       = azurerm_kubernetes_cluster.this.node_resource_group_id
}

output "node_pool_resource_ids" {
  description = "Resource ids of the node pools, by the keys of node_pools."
  value       = { for key, pool in azurerm_kubernetes_cluster_node_pool.this : key => pool.id }
}

output "kubelet_identity" {
  description = "Identity of the nodes, which pulls images: client_id, object_id and resource_id."
  value = {
    client_id   = try(azurerm_kubernetes_cluster.this.kubelet_identity[0].client_id, null)
    object_id   = try(azurerm_kubernetes_cluster.this.kubelet_identity[0].object_id, null)
    resource_id = try(azurerm_kubernetes_cluster.this.kubelet_identity[0].user_assigned_identity_id, null)
  }
}

output "key_vault_secrets_provider_identity" {
  description = "Identity of the Key Vault secrets provider: client_id and object_id. Workloads use their own."
  value = {
    client_id = try(azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_identity[0].client_id, null)
    object_id = try(azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_identity[0].object_id, null)
  }
}

output "system_assigned_principal_id" {
  description = "Principal id of the cluster's system-assigned identity, null where it has user-assigned ones."
  value       = local.has_user_assigned_identity ? null : azurerm_kubernetes_cluster.this.identity[0].principal_id
}

output "disk_encryption_set_resource_id" {
  description = "Resource id of the disk encryption set, null without customer_managed_key."
  value       = try(azurerm_disk_encryption_set.this[0].id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, endpoint in azurerm_private_endpoint.this : key => endpoint.id }
}
