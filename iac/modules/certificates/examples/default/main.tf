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
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-certificates-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-certificates-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.72.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.72.0.0/28"]
  default_outbound_access_enabled = false
}

# An example's vault, which is gone with it: a real one is protected from purging.
resource "azurerm_key_vault" "this" {
  name                          = "kv-certificates-example"
  location                      = azurerm_resource_group.this.location
  resource_group_name           = azurerm_resource_group.this.name
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  public_network_access_enabled = false
  soft_delete_retention_days    = 7
  tags                          = local.tags
}

resource "azurerm_private_endpoint" "this" {
  name                = "pe-certificates-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  subnet_id           = azurerm_subnet.this.id
  tags                = local.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.this.id
    is_manual_connection           = false
    subresource_names              = ["vault"]
  }
}

resource "azurerm_role_assignment" "applies" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.azurerm_client_config.current.object_id
}

resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-certificates-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "certificates" {
  source = "../../"

  name                = "example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  key_vault           = { resource_id = azurerm_key_vault.this.id }
  contacts            = { platform = { email = "platform@example.com", name = "Platform" } }
  issuer_passwords    = { digicert = "only-an-example" }

  issuers = {
    digicert = { provider_name = "DigiCert", account_id = "0000", org_id = "0001", admins = { main = { email = "pki@example.com" } } }
  }

  certificates = {
    gateway = {
      subject          = "CN=shop.example.com"
      dns_names        = ["shop.example.com", "www.shop.example.com"]
      exportable       = true
      role_assignments = { gateway = { role_definition_id_or_name = "Key Vault Secrets User", principal_id = azurerm_user_assigned_identity.gateway.principal_id, principal_type = "ServicePrincipal" } }
    }
    signing = {
      name               = "orders-signing"
      subject            = "CN=orders"
      key_type           = "EC"
      key_usage          = ["digitalSignature"]
      extended_key_usage = []
      renew_days_before  = 30
    }
  }

  depends_on = [azurerm_role_assignment.applies, azurerm_private_endpoint.this]
}

output "versionless_secret_ids" {
  description = "Where gateways find the certificates."
  value       = module.certificates.versionless_secret_ids
}
