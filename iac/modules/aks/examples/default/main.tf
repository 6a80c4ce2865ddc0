terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }

  roles = {
    subnet  = { scope = azurerm_subnet.nodes.id, role = "Network Contributor" }
    zone    = { scope = azurerm_private_dns_zone.this.id, role = "Private DNS Zone Contributor" }
    kubelet = { scope = azurerm_user_assigned_identity.this["kubelet"].id, role = "Managed Identity Operator" }
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-aks-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-aks-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.63.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "nodes" {
  name                            = "aks"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.63.0.0/20"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.westeurope.azmk8s.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "this" {
  for_each = toset(["cluster", "kubelet"])

  name                = "id-aks-example-${each.key}"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_role_assignment" "this" {
  for_each = local.roles

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.this["cluster"].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-aks-example"
  location                     = azurerm_resource_group.this.location
  resource_group_name          = azurerm_resource_group.this.name
  retention_in_days            = 30
  local_authentication_enabled = false
  tags                         = local.tags
}

module "aks" {
  source = "../../"

  name                    = "aks-terrace-example"
  location                = azurerm_resource_group.this.location
  resource_group_name     = azurerm_resource_group.this.name
  tags                    = local.tags
  kubernetes_version      = "1.34"
  subnet_resource_id      = azurerm_subnet.nodes.id
  private_dns_zone        = { resource_id = azurerm_private_dns_zone.this.id }
  log_analytics_workspace = { resource_id = azurerm_log_analytics_workspace.this.id }
  managed_identities      = { user_assigned_resource_ids = { cluster = azurerm_user_assigned_identity.this["cluster"].id } }
  service_mesh            = { revisions = ["asm-1-27"] }

  kubelet_identity = {
    client_id   = azurerm_user_assigned_identity.this["kubelet"].client_id
    object_id   = azurerm_user_assigned_identity.this["kubelet"].principal_id
    resource_id = azurerm_user_assigned_identity.this["kubelet"].id
  }

  node_pools = {
    workloads = { max_count = 20 }
    batch     = { min_count = 0, spot = {}, labels = { purpose = "batch" } }
  }

  role_assignments = {
    operator = { role_definition_id_or_name = "Azure Kubernetes Service RBAC Cluster Admin", principal_id = data.azurerm_client_config.current.object_id }
  }

  diagnostic_settings = {
    central = { workspace_resource_id = azurerm_log_analytics_workspace.this.id, log_categories = ["kube-apiserver", "kube-audit-admin", "guard"] }
  }

  depends_on = [azurerm_role_assignment.this]
}

output "oidc_issuer_url" {
  description = "Issuer of the tokens of service accounts."
  value       = module.aks.oidc_issuer_url
}
