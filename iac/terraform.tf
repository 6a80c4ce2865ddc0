terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
  }

  # The rest is in environments/<stage>/backend.tfvars. The lease of the state's
  # blob is the lock.
  backend "azurerm" {
    use_oidc         = true
    use_azuread_auth = true
  }
}

provider "azurerm" {
  storage_use_azuread = true

  features {
    key_vault {
      # A vault that is gone keeps its name until it is purged or recovered.
      purge_soft_delete_on_destroy    = !var.key_vault.purge_protection_enabled
      recover_soft_deleted_key_vaults = true
    }

    resource_group {
      # Application Insights puts an action group of its own beside itself.
      prevent_deletion_if_contains_resources = var.locked
    }
  }
}
