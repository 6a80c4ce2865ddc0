output "resource_id" {
  description = "Resource id of the Flux extension."
  value       = azurerm_kubernetes_cluster_extension.this.id
}

output "name" {
  description = "Name of the extension."
  value       = azurerm_kubernetes_cluster_extension.this.name
}

output "extension_version" {
  description = "Version of Flux's extension that runs."
  value       = azurerm_kubernetes_cluster_extension.this.current_version
}

output "configuration_resource_ids" {
  description = "Resource ids of the Flux configurations: stage, and those of configurations by their names."
  value       = { for key, configuration in azurerm_kubernetes_flux_configuration.this : key => configuration.id }
}

output "repository" {
  description = "Where the stage's manifests are: url, reference, and the folders of the cluster and of workloads."
  value = {
    url       = var.repository.url
    reference = var.repository.reference
    clusters  = "clusters/${var.stage}"
    workloads = "workloads/${var.stage}"
  }
}
