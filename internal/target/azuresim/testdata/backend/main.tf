terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }

  backend "azurerm" {
    storage_account_name = "acc1"
    container_name       = "state"
    key                  = "locked.tfstate"
    use_azuread_auth     = true
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "this" {
  name     = "rg-locked"
  location = "westeurope"
}
