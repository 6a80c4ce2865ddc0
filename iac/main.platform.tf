module "identity" {
  source = "./modules/identity"

  name                = "id-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  identities          = { for key in ["aks", "api-management", "flux", "gateway", "kubelet", "policies", "portal"] : key => {} }

  assignments = {
    aks-network       = { identity = "aks", role_definition_id_or_name = "Network Contributor", scope = module.network.resource_id }
    aks-dns           = { identity = "aks", role_definition_id_or_name = "Private DNS Zone Contributor", scope = local.private_dns_zone_ids["aks"] }
    aks-kubelet       = { identity = "aks", role_definition_id_or_name = "Managed Identity Operator", scope = "${azurerm_resource_group.this["platform"].id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-${local.name_prefix}-kubelet" }
    gateway-vault     = { identity = "gateway", role_definition_id_or_name = "Key Vault Secrets User", scope = module.keyvault.resource_id }
    apim-vault        = { identity = "api-management", role_definition_id_or_name = "Key Vault Secrets User", scope = module.keyvault.resource_id }
    portal-vault      = { identity = "portal", role_definition_id_or_name = "Key Vault Secrets User", scope = module.keyvault.resource_id }
    kubelet-registry  = { identity = "kubelet", role_definition_id_or_name = "AcrPull", scope = module.portal.container_registry_id }
    portal-registry   = { identity = "portal", role_definition_id_or_name = "AcrPull", scope = module.portal.container_registry_id }
    portal-monitoring = { identity = "portal", role_definition_id_or_name = "Monitoring Reader", scope = azurerm_resource_group.this["platform"].id }
  }
}

module "keyvault" {
  source = "./modules/keyvault"

  name                       = "kv-${local.name_prefix}"
  location                   = var.location
  resource_group_name        = azurerm_resource_group.this["platform"].name
  tags                       = local.tags
  sku                        = var.key_vault.sku_name
  purge_protection_enabled   = var.key_vault.purge_protection_enabled
  soft_delete_retention_days = var.key_vault.soft_delete_retention_days
  private_endpoints          = local.endpoints["vault"]
  diagnostic_settings        = local.diagnostics

  # Addresses of runners outside of the network, where there are any.
  public_network_access_enabled = length(var.key_vault.allowed_ip_rules) > 0
  network_acls                  = { ip_rules = var.key_vault.allowed_ip_rules }

  keys = {
    platform = { type = var.key_vault.sku_name == "premium" ? "RSA-HSM" : "RSA", size = 3072 }
  }
}

module "certificates" {
  source = "./modules/certificates"

  name                = "cert-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  key_vault           = { resource_id = module.keyvault.resource_id }
  contacts            = { for key, email in var.monitoring.alert_emails : key => { email = email } }

  # The gateway can only use a certificate that it may export.
  certificates = {
    gateway = {
      subject    = "CN=${var.stage}.${var.domain}"
      dns_names  = ["${var.stage}.${var.domain}", "*.${var.stage}.${var.domain}"]
      exportable = true
    }
  }

  depends_on = [module.keyvault]
}

module "aks" {
  source = "./modules/aks"

  name                    = "aks-${local.name_prefix}"
  location                = var.location
  resource_group_name     = azurerm_resource_group.this["platform"].name
  tags                    = local.tags
  sku_tier                = var.aks.sku_tier
  kubernetes_version      = var.aks.kubernetes_version
  admin_group_object_ids  = var.aks.authorized_groups
  cost_analysis_enabled   = var.aks.sku_tier != "Free"
  subnet_resource_id      = module.network.subnet_ids["aks"]
  api_server_subnet       = { resource_id = module.network.subnet_ids["api_server"] }
  private_dns_zone        = { resource_id = local.private_dns_zone_ids["aks"] }
  network                 = { outbound_type = "userAssignedNATGateway" }
  managed_identities      = { user_assigned_resource_ids = { main = module.identity.resource_ids["aks"] } }
  log_analytics_workspace = { resource_id = module.monitoring.resource_id }
  deployment_safeguards   = { level = var.policies.enforced ? "Enforce" : "Warn" }
  defender_enabled        = var.policies.defender
  diagnostic_settings     = local.diagnostics

  kubelet_identity = {
    client_id   = module.identity.client_ids["kubelet"]
    object_id   = module.identity.principal_ids["kubelet"]
    resource_id = module.identity.resource_ids["kubelet"]
  }

  system_node_pool = {
    vm_size         = var.aks.system_pool.vm_size
    min_count       = var.aks.system_pool.min
    max_count       = var.aks.system_pool.max
    os_disk_size_gb = var.aks.os_disk_size_gb
    zones           = var.zones
  }

  node_pools = {
    workload = {
      vm_size         = var.aks.workload_pool.vm_size
      min_count       = var.aks.workload_pool.min
      max_count       = var.aks.workload_pool.max
      os_disk_size_gb = var.aks.os_disk_size_gb
      zones           = var.zones
    }
  }

  # The identity's roles must be there before the cluster uses them.
  depends_on = [module.identity]
}

module "deployer" {
  source = "./modules/auth-oidc"

  name                = "id-${local.name_prefix}-deployer"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags

  github = var.github_repository == null ? null : {
    organization = split("/", var.github_repository)[0]
    repository   = split("/", var.github_repository)[1]
    environments = [var.stage]
  }

  service_accounts = {
    terrace = { issuer = module.aks.oidc_issuer_url, namespace = local.platform_namespace, service_account = "terrace" }
  }

  granted_roles = {
    push = { scope = module.portal.container_registry_id, role_definition_id_or_name = "AcrPush", description = "Pushes the images of the stage." }
  }
}

module "portal" {
  source = "./modules/self-service-portal"

  name                = "portal-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  private_endpoints   = var.portal.registry_sku == "Premium" ? local.endpoints["acr"] : {}
  diagnostic_settings = local.diagnostics

  registry = {
    name                  = "cr${var.name}${var.stage}"
    sku                   = var.portal.registry_sku
    public_access         = var.portal.registry_sku != "Premium"
    zone_redundant        = local.zone_redundant && var.portal.registry_sku == "Premium"
    replica_locations     = var.geo_redundant && var.portal.registry_sku == "Premium" ? [var.secondary_location] : []
    data_endpoint_enabled = var.portal.registry_sku == "Premium"
    retention_days        = var.portal.registry_sku == "Premium" ? 30 : null
  }

  environment = {
    name               = "cae-${local.name_prefix}"
    subnet_resource_id = module.network.subnet_ids["portal"]
    workspace_id       = module.monitoring.resource_id
    zone_redundant     = local.zone_redundant
  }

  portal = {
    name                 = "ca-${local.name_prefix}-portal"
    image                = var.portal.image
    port                 = var.portal.port
    identity_resource_id = module.identity.resource_ids["portal"]
    min_replicas         = var.portal.min_replicas
    max_replicas         = var.portal.max_replicas
    variables            = { TERRACE_STAGE = var.stage }
  }
}
