mock_provider "azurerm" {
  mock_resource "azurerm_mysql_flexible_server" {
    defaults = {
      id   = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-shop"
      fqdn = "mysql-shop.mysql.database.azure.com"
    }
  }

  mock_resource "azurerm_mysql_flexible_database" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.DBforMySQL/flexibleServers/mysql-shop/databases/app"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Network/privateEndpoints/pe-mysql-shop-data"
    }
  }

  mock_data "azurerm_mysql_flexible_server" {
    defaults = {
      id                  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DBforMySQL/flexibleServers/mysql-lz"
      fqdn                = "mysql-lz.mysql.database.azure.com"
      administrator_login = "lzadmin"
    }
  }
}

variables {
  name                = "mysql-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    administrator_password         = "Correct-horse-1"
    administrator_password_version = 1
    databases                      = { app = {} }
  }

  assert {
    condition     = azurerm_mysql_flexible_server.this[0].public_network_access == "Disabled"
    error_message = "the server must have no public access"
  }

  assert {
    condition     = azurerm_mysql_flexible_server.this[0].geo_redundant_backup_enabled && azurerm_mysql_flexible_server.this[0].backup_retention_days == 14
    error_message = "backups must be geo-redundant and kept for 14 days"
  }

  assert {
    condition     = azurerm_mysql_flexible_server.this[0].high_availability[0].mode == "ZoneRedundant"
    error_message = "the server must have a standby in another zone"
  }

  assert {
    condition = alltrue([
      azurerm_mysql_flexible_server_configuration.this["require_secure_transport"].value == "ON",
      azurerm_mysql_flexible_server_configuration.this["tls_version"].value == "TLSv1.2,TLSv1.3",
      azurerm_mysql_flexible_server_configuration.this["audit_log_enabled"].value == "ON",
    ])
    error_message = "encrypted connections and the audit log must be on"
  }

  assert {
    condition     = azurerm_mysql_flexible_server.this[0].tags["costcenter"] == "cc-1" && length(azurerm_mysql_flexible_server_firewall_rule.this) == 0
    error_message = "the server must carry the tags and no firewall rules"
  }

  assert {
    condition     = output.host == "mysql-shop.mysql.database.azure.com" && output.port == 3306 && output.username == "mysqladmin" && output.database_names == { app = "app" }
    error_message = "the outputs must tell how to reach the database"
  }

  assert {
    condition     = output.password_secret == null && output.entra_administrator_login == null
    error_message = "nothing is kept or given to Entra ID unless asked"
  }
}

run "everything_that_may_be_asked_for" {
  variables {
    administrator_password         = "Correct-horse-1"
    administrator_password_version = 2

    administrator_password_key_vault = {
      key_vault_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-shop"
      secret_name           = "mysql-admin"
    }

    entra_administrator = {
      login                              = "dba"
      object_id                          = "00000000-0000-0000-0000-00000000000a"
      tenant_id                          = "00000000-0000-0000-0000-00000000000b"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-mysql"
    }

    password_authentication_enabled = false
    parameters                      = { audit_log_enabled = "OFF", max_connections = "200" }
    maintenance_window              = { day_of_week = 6 }
    lock                            = { kind = "CanNotDelete" }

    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = azurerm_mysql_flexible_server_configuration.this["aad_auth_only"].value == "ON" && azurerm_mysql_flexible_server_configuration.this["audit_log_enabled"].value == "OFF"
    error_message = "password sign-in must be off, and a parameter as asked"
  }

  assert {
    condition     = output.password_secret.name == "mysql-admin" && output.entra_administrator_login == "dba"
    error_message = "the secret and the Entra administrator must be told"
  }

  assert {
    condition     = azurerm_private_endpoint.this["data"].private_service_connection[0].subresource_names[0] == "mysqlServer"
    error_message = "the private endpoint must lead to the server"
  }
}

run "a_database_on_an_existing_server" {
  variables {
    name            = "orders"
    existing_server = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DBforMySQL/flexibleServers/mysql-lz" }
    databases       = { main = {}, audit = { name = "audit" } }
  }

  assert {
    condition     = length(azurerm_mysql_flexible_server.this) == 0 && length(azurerm_mysql_flexible_server_configuration.this) == 0
    error_message = "nothing of the server may be made"
  }

  assert {
    condition     = azurerm_mysql_flexible_database.this["main"].resource_group_name == "rg-lz" && azurerm_mysql_flexible_database.this["main"].server_name == "mysql-lz"
    error_message = "the database must be on the existing server"
  }

  assert {
    condition     = output.database_names == { main = "orders-main", audit = "audit" } && output.host == "mysql-lz.mysql.database.azure.com" && output.username == "lzadmin"
    error_message = "names must derive from the module's name, host and user come from the server"
  }
}
