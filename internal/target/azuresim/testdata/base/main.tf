terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }
}

provider "azurerm" {
  features {}
  storage_use_azuread = true
}

data "azurerm_client_config" "this" {}

data "azurerm_subscription" "this" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-base"
  location = "West Europe"
  tags     = { costcenter = "1", env = "dev", owner = "me" }
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-base"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_storage_account" "this" {
  name                      = "terracestate"
  resource_group_name       = azurerm_resource_group.this.name
  location                  = azurerm_resource_group.this.location
  account_tier              = "Standard"
  account_replication_type  = "ZRS"
  min_tls_version           = "TLS1_2"
  shared_access_key_enabled = false

  blob_properties {
    versioning_enabled = true
    delete_retention_policy {
      days = 30
    }
  }
}

resource "azurerm_storage_container" "this" {
  name               = "state"
  storage_account_id = azurerm_storage_account.this.id
}

resource "azurerm_role_assignment" "this" {
  scope                = azurerm_storage_container.this.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = "11111111-2222-3333-4444-555555555555"
}

output "principal" {
  value = data.azurerm_client_config.this.object_id
}

output "subscription" {
  value = data.azurerm_subscription.this.id
}
