resource "azurerm_kubernetes_cluster_deployment_safeguard" "this" {
  count = var.deployment_safeguards == null ? 0 : 1

  kubernetes_cluster_id        = azurerm_kubernetes_cluster.this.id
  level                        = var.deployment_safeguards.level
  pod_security_standards_level = var.deployment_safeguards.pod_security_standards_level
  excluded_namespaces          = length(var.deployment_safeguards.excluded_namespaces) > 0 ? sort(var.deployment_safeguards.excluded_namespaces) : null
}
