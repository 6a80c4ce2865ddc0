mock_provider "azurerm" {}

variables {
  name                = "aks-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subnet_resource_id  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/aks"
}

run "what_is_refused" {
  command = plan

  variables {
    tags                      = { costcenter = "cc-1" }
    subnet_resource_id        = "aks"
    admin_group_object_ids    = ["admins"]
    support_plan              = "AKSLongTermSupport"
    kubernetes_version        = "latest"
    automatic_upgrade_channel = "weekly"
    secret_rotation_interval  = "sometimes"
    network                   = { service_cidr = "ten" }
    system_node_pool          = { name = "System-Pool" }
    node_pools                = { workloads = { min_count = 5, max_count = 2 } }
    node_provisioning_mode    = "Magic"
    service_mesh              = { revisions = ["istio"] }
    deployment_safeguards     = { level = "Ask" }
    maintenance_windows       = { auto_upgrade = { frequency = "Weekly" } }

    managed_identities = { user_assigned_resource_ids = { a = "a", b = "b" } }
    customer_managed_key = {
      key_id                             = "https://kv-shop.vault.azure.net/keys/disks/0123456789abcdef0123456789abcdef"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-disks"
    }
  }

  expect_failures = [
    var.tags,
    var.subnet_resource_id,
    var.admin_group_object_ids,
    var.support_plan,
    var.kubernetes_version,
    var.automatic_upgrade_channel,
    var.secret_rotation_interval,
    var.network,
    var.system_node_pool,
    var.node_pools,
    var.node_provisioning_mode,
    var.service_mesh,
    var.deployment_safeguards,
    var.maintenance_windows,
    var.managed_identities,
    var.customer_managed_key,
  ]
}

run "what_needs_something_else" {
  command = plan

  variables {
    key_management_service = { key_id = "https://kv-shop.vault.azure.net/keys/etcd/0123456789abcdef0123456789abcdef" }
    kubelet_identity       = { client_id = "a", object_id = "b", resource_id = "c" }
    node_pools             = { workloads = { taints = ["whatever"] } }
  }

  expect_failures = [var.key_management_service, var.kubelet_identity, var.node_pools]
}
