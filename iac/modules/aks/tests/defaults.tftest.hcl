mock_provider "azurerm" {
  mock_resource "azurerm_kubernetes_cluster" {
    defaults = {
      id              = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ContainerService/managedClusters/aks-shop"
      private_fqdn    = "aks-shop-abcd1234.privatelink.westeurope.azmk8s.io"
      oidc_issuer_url = "https://westeurope.oic.prod-aks.azure.com/00000000-0000-0000-0000-000000000002/00000000-0000-0000-0000-000000000003/"
    }
  }

  mock_resource "azurerm_kubernetes_cluster_node_pool" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ContainerService/managedClusters/aks-shop/agentPools/workloads"
    }
  }

  mock_resource "azurerm_disk_encryption_set" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.Compute/diskEncryptionSets/des-aks-shop"
    }
  }
}

variables {
  name                = "aks-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subnet_resource_id  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/aks"

  kubelet_identity = {
    client_id   = "00000000-0000-0000-0000-00000000000a"
    object_id   = "00000000-0000-0000-0000-00000000000b"
    resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-kubelet"
  }

  managed_identities = {
    user_assigned_resource_ids = { cluster = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-aks" }
  }
}

run "secure_by_default" {
  assert {
    condition     = azurerm_kubernetes_cluster.this.private_cluster_enabled && !azurerm_kubernetes_cluster.this.private_cluster_public_fqdn_enabled && azurerm_kubernetes_cluster.this.local_account_disabled && !azurerm_kubernetes_cluster.this.run_command_enabled
    error_message = "the API server must be private, with neither local accounts nor run command"
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.azure_active_directory_role_based_access_control[0].azure_rbac_enabled && azurerm_kubernetes_cluster.this.role_based_access_control_enabled
    error_message = "access must be by Entra ID and Azure's roles"
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.workload_identity_enabled && azurerm_kubernetes_cluster.this.oidc_issuer_enabled && azurerm_kubernetes_cluster.this.azure_policy_enabled && azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_rotation_enabled
    error_message = "workload identity, Azure Policy and secret rotation must be on"
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.network_profile[0].network_data_plane == "cilium" && azurerm_kubernetes_cluster.this.network_profile[0].dns_service_ip == "10.245.0.10" && azurerm_kubernetes_cluster.this.default_node_pool[0].host_encryption_enabled && azurerm_kubernetes_cluster.this.default_node_pool[0].os_disk_type == "Ephemeral" && length(azurerm_kubernetes_cluster.this.default_node_pool[0].zones) == 3
    error_message = "network and nodes must be as documented"
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade[0].day_of_week == "Sunday" && azurerm_kubernetes_cluster_deployment_safeguard.this[0].pod_security_standards_level == "Baseline" && azurerm_kubernetes_cluster.this.tags["owner"] == "shop"
    error_message = "maintenance, safeguards and tags must be as documented"
  }

  assert {
    condition     = output.kubelet_identity.object_id == "00000000-0000-0000-0000-00000000000b" && startswith(output.oidc_issuer_url, "https://") && output.node_resource_group_name == "rg-platform-aks-shop-nodes"
    error_message = "the outputs must tell identity, issuer and group"
  }
}

run "everything_on" {
  variables {
    private_dns_zone        = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-network/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io" }
    api_server_subnet       = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/api" }
    log_analytics_workspace = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    key_management_service  = { key_id = "https://kv-shop.vault.azure.net/keys/etcd/0123456789abcdef0123456789abcdef" }
    service_mesh            = { revisions = ["asm-1-27"] }
    lock                    = { kind = "CanNotDelete" }

    customer_managed_key = {
      key_id                             = "https://kv-shop.vault.azure.net/keys/disks"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-disks"
    }

    node_pools = {
      workloads = { taints = ["team=shop:NoSchedule"] }
      batch     = { spot = {}, auto_scaling_enabled = false, min_count = 2 }
    }

    role_assignments = {
      operator = { role_definition_id_or_name = "Azure Kubernetes Service RBAC Reader", principal_id = "00000000-0000-0000-0000-00000000000c" }
    }

    private_endpoints = {
      hub = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops", log_categories = ["kube-audit-admin"] }
    }
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.key_management_service[0].key_vault_network_access == "Private" && azurerm_disk_encryption_set.this[0].auto_key_rotation_enabled && azurerm_kubernetes_cluster.this.disk_encryption_set_id == azurerm_disk_encryption_set.this[0].id
    error_message = "etcd and disks must be encrypted with the keys"
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.oms_agent[0].msi_auth_for_monitoring_enabled && length(azurerm_kubernetes_cluster.this.microsoft_defender) == 1 && azurerm_kubernetes_cluster.this.service_mesh_profile[0].mode == "Istio"
    error_message = "monitoring, Defender and the mesh must be on"
  }

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["batch"].priority == "Spot" && azurerm_kubernetes_cluster_node_pool.this["batch"].node_count == 2 && azurerm_kubernetes_cluster_node_pool.this["workloads"].max_count == 10
    error_message = "node pools must be as asked"
  }
}
