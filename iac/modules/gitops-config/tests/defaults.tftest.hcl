mock_provider "azurerm" {
  mock_resource "azurerm_kubernetes_cluster_extension" {
    defaults = {
      id              = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ContainerService/managedClusters/aks-shop/providers/Microsoft.KubernetesConfiguration/extensions/flux"
      current_version = "1.17.3"
    }
  }
}

variables {
  name                = "flux"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  cluster_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ContainerService/managedClusters/aks-shop"
  stage               = "dev"
  repository          = { url = "https://dev.azure.com/shop/platform/_git/dev", provider = "Azure" }
  workload_identity   = { client_id = "00000000-0000-0000-0000-00000000000a" }
}

run "secure_by_default" {
  assert {
    condition     = azurerm_kubernetes_cluster_extension.this.configuration_settings["multiTenancy.enforce"] == "true" && azurerm_kubernetes_cluster_extension.this.configuration_settings["image-automation-controller.enabled"] == "false" && azurerm_kubernetes_cluster_extension.this.configuration_settings["workloadIdentity.azureClientId"] == "00000000-0000-0000-0000-00000000000a"
    error_message = "tenants must be apart, image automation off, sign-in by workload identity"
  }

  assert {
    condition     = { for k in azurerm_kubernetes_flux_configuration.this["stage"].kustomizations : k.name => k.path } == { clusters = "./clusters/dev", workloads = "./workloads/dev" }
    error_message = "the stage's folders must be followed"
  }

  assert {
    condition     = alltrue([for k in azurerm_kubernetes_flux_configuration.this["stage"].kustomizations : k.garbage_collection_enabled]) && [for k in azurerm_kubernetes_flux_configuration.this["stage"].kustomizations : k.post_build[0].substitute["env"] if k.name == "clusters"] == ["dev"]
    error_message = "what leaves the repository must leave the cluster, and tags be values of the cluster's part"
  }

  assert {
    condition     = [for k in azurerm_kubernetes_flux_configuration.this["stage"].kustomizations : length(k.post_build) if k.name == "workloads"] == [0] && output.repository.workloads == "workloads/dev" && output.extension_version == "1.17.3"
    error_message = "workloads must be applied as they are"
  }
}

run "further_configurations" {
  variables {
    configurations = {
      addons = {
        repository     = { url = "ssh://git@example.com/addons", secret_name = "addons" }
        kustomizations = { base = { path = "./base" }, rules = { path = "./rules", depends_on = ["base"], prune = false } }
      }
    }
  }

  assert {
    condition     = azurerm_kubernetes_flux_configuration.this["addons"].git_repository[0].local_auth_reference == "addons" && [for k in azurerm_kubernetes_flux_configuration.this["addons"].kustomizations : k.garbage_collection_enabled if k.name == "rules"] == [false]
    error_message = "a configuration of one's own must be as asked"
  }
}
