mock_provider "azurerm" {}

variables {
  name                = "flux"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  cluster_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.ContainerService/managedClusters/aks-shop"
  stage               = "dev"
  repository          = { url = "https://dev.azure.com/shop/platform/_git/dev" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags                   = { owner = "shop" }
    cluster_resource_id    = "aks-shop"
    stage                  = "Dev!"
    repository             = { url = "http://example.com/plain", provider = "Azure" }
    kustomization_defaults = { timeout_in_seconds = 0 }
    platform_values        = { "0-bad" = "x" }
    extension_version      = "newest"

    configurations = {
      addons = { repository = { url = "https://example.com" }, kustomizations = { a = { path = "./a", depends_on = ["nothing"] } } }
    }
  }

  expect_failures = [
    var.tags,
    var.cluster_resource_id,
    var.stage,
    var.repository,
    var.kustomization_defaults,
    var.platform_values,
    var.extension_version,
    var.configurations,
  ]
}

run "an_identity_is_a_guid" {
  command = plan

  variables {
    workload_identity = { client_id = "flux" }
  }

  expect_failures = [var.workload_identity]
}
