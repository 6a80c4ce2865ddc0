locals {
  # Azure DevOps lets Flux in by its identity; others serve the repository openly,
  # or want a secret, which is set in the cluster.
  gitops_provider = can(regex("^https://dev\\.azure\\.com/", var.gitops.repository)) ? "Azure" : null
}

module "flux_identity" {
  source = "./modules/auth-oidc"

  name                = "id-${local.name_prefix}-flux"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  existing_identity   = { resource_id = module.identity.resource_ids["flux"] }

  service_accounts = {
    source = { issuer = module.aks.oidc_issuer_url, namespace = "flux-system", service_account = "source-controller" }
  }
}

module "gitops" {
  source = "./modules/gitops-config"

  name                = "flux"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  cluster_resource_id = module.aks.resource_id
  stage               = var.stage
  repository          = { url = var.gitops.repository, reference = var.gitops.branch, provider = local.gitops_provider }
  workload_identity   = { client_id = module.identity.client_ids["flux"] }

  # What manifests of the platform may refer to.
  platform_values = {
    stage          = var.stage
    tenant_id      = data.azurerm_client_config.current.tenant_id
    key_vault_name = module.keyvault.name
    registry       = module.portal.container_registry_login_server
  }
}
