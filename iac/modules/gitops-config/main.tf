resource "azurerm_kubernetes_cluster_extension" "this" {
  name                   = var.name
  cluster_id             = var.cluster_resource_id
  extension_type         = "microsoft.flux"
  release_train          = var.extension_version == null ? "Stable" : null
  version                = var.extension_version
  release_namespace      = "flux-system"
  configuration_settings = local.settings
}

resource "azurerm_kubernetes_flux_configuration" "this" {
  for_each = local.configurations

  name                              = each.key
  cluster_id                        = var.cluster_resource_id
  namespace                         = each.value.namespace
  scope                             = each.value.scope
  continuous_reconciliation_enabled = true

  git_repository {
    url                      = each.value.repository.url
    reference_type           = each.value.repository.reference_type
    reference_value          = each.value.repository.reference
    provider                 = each.value.repository.provider
    local_auth_reference     = each.value.repository.secret_name
    ssh_known_hosts_base64   = each.value.repository.ssh_known_hosts_base64
    https_ca_cert_base64     = each.value.repository.https_ca_base64
    sync_interval_in_seconds = each.value.repository.sync_interval_in_seconds
    timeout_in_seconds       = each.value.repository.timeout_in_seconds
  }

  dynamic "kustomizations" {
    for_each = each.value.kustomizations

    content {
      name                       = kustomizations.key
      path                       = kustomizations.value.path
      depends_on                 = kustomizations.value.depends_on
      garbage_collection_enabled = kustomizations.value.prune
      recreating_enabled         = kustomizations.value.recreate
      wait                       = kustomizations.value.wait
      sync_interval_in_seconds   = kustomizations.value.sync_interval_in_seconds
      retry_interval_in_seconds  = kustomizations.value.retry_interval_in_seconds
      timeout_in_seconds         = kustomizations.value.timeout_in_seconds

      dynamic "post_build" {
        for_each = length(kustomizations.value.substitute) > 0 ? [kustomizations.value.substitute] : []

        content {
          substitute = post_build.value
        }
      }
    }
  }

  depends_on = [azurerm_kubernetes_cluster_extension.this]
}
