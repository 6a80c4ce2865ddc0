mock_provider "azurerm" {
  mock_resource "azurerm_virtual_network" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-shop"
    }
  }

  mock_resource "azurerm_network_ddos_protection_plan" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/ddosProtectionPlans/ddos-vnet-shop"
    }
  }

  mock_resource "azurerm_subnet" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-shop/subnets/a"
    }
  }

  mock_resource "azurerm_network_security_group" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/networkSecurityGroups/nsg-a"
    }
  }

  mock_resource "azurerm_route_table" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/routeTables/rt-a"
    }
  }

  mock_resource "azurerm_nat_gateway" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/natGateways/ng-a"
    }
  }

  mock_resource "azurerm_public_ip" {
    defaults = {
      id         = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/publicIPAddresses/pip-a"
      ip_address = "203.0.113.10"
    }
  }

  mock_resource "azurerm_public_ip_prefix" {
    defaults = {
      id        = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/publicIPPrefixes/ippre-a"
      ip_prefix = "203.0.113.16/30"
    }
  }
}

variables {
  name                = "vnet-shop"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  address_space       = ["10.10.0.0/16"]
}

run "secure_by_default" {
  variables {
    subnets = {
      apps  = { address_prefixes = ["10.10.0.0/24"] }
      mysql = { address_prefixes = ["10.10.1.0/24"], delegation = { service = "Microsoft.DBforMySQL/flexibleServers" } }
    }
    lock = { kind = "CanNotDelete" }
  }

  assert {
    condition     = !azurerm_subnet.this["apps"].default_outbound_access_enabled && azurerm_subnet.this["apps"].private_endpoint_network_policies == "Enabled"
    error_message = "a subnet must have no default way out, and its private endpoints must obey its rules"
  }

  assert {
    condition = length([
      for r in azurerm_network_security_group.this["apps"].security_rule : r
      if r.name == "DenyInternetInbound" && r.access == "Deny" && r.direction == "Inbound" && r.source_address_prefix == "Internet" && r.priority == 4096
    ]) == 1
    error_message = "a subnet must deny what comes from the Internet"
  }

  assert {
    condition     = azurerm_subnet_network_security_group_association.this["mysql"].subnet_id == azurerm_subnet.this["mysql"].id && azurerm_virtual_network.this.encryption[0].enforcement == "AllowUnencrypted"
    error_message = "each subnet must have its group, and the network must be encrypted"
  }

  assert {
    condition     = azurerm_subnet.this["mysql"].delegation[0].service_delegation[0].actions == toset(["Microsoft.Network/virtualNetworks/subnets/join/action"])
    error_message = "a delegation must have the actions of its service"
  }

  assert {
    condition     = keys(output.subnet_ids) == ["apps", "mysql"] && azurerm_virtual_network.this.tags["env"] == "dev" && azurerm_management_lock.this[0].lock_level == "CanNotDelete"
    error_message = "outputs, tags and lock must be right"
  }
}

run "everything_at_once" {
  variables {
    ddos_protection_plan = { create = true }
    nat_gateway          = { public_ip_count = 2, public_ip_prefix_length = 30 }
    route_tables = {
      hub = { routes = { default = { address_prefix = "0.0.0.0/0", next_hop_type = "VirtualAppliance", next_hop_in_ip_address = "10.0.0.4" } } }
    }
    subnets = {
      apps = {
        address_prefixes = ["10.10.0.0/24"]
        nat_gateway      = true
        route_table      = "hub"
        network_security_group = {
          rules = { AllowHttps = { priority = 100, source_address_prefixes = ["10.0.0.0/8", "192.168.0.0/16"], destination_port_ranges = ["443"] } }
        }
      }
      open = { address_prefixes = ["10.10.2.0/24"], network_security_group = { enabled = false } }
    }
    flow_logs = {
      storage_account_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Storage/storageAccounts/stlogs"
      traffic_analytics = {
        workspace_id          = "00000000-0000-0000-0000-00000000000b"
        workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log"
      }
    }
  }

  assert {
    condition     = azurerm_nat_gateway.this[0].sku_name == "StandardV2" && azurerm_public_ip.nat[1].sku == "StandardV2" && length(output.nat_public_ip_addresses) == 2 && output.nat_public_ip_prefix == "203.0.113.16/30"
    error_message = "the NAT gateway must span zones and have its addresses"
  }

  assert {
    condition     = keys(azurerm_network_security_group.this) == ["apps"] && keys(azurerm_subnet_nat_gateway_association.this) == ["apps"] && keys(azurerm_subnet_route_table_association.this) == ["apps"]
    error_message = "only what was asked may be associated"
  }

  assert {
    condition = length([
      for r in azurerm_network_security_group.this["apps"].security_rule : r
      if r.name == "AllowHttps" && length(r.source_address_prefixes) == 2 && r.destination_port_range == "443"
    ]) == 1
    error_message = "single values and several have arguments of their own"
  }

  assert {
    condition     = azurerm_network_watcher_flow_log.this[0].network_watcher_name == "NetworkWatcher_westeurope" && azurerm_network_watcher_flow_log.this[0].resource_group_name == "NetworkWatcherRG" && azurerm_network_watcher_flow_log.this[0].target_resource_id == azurerm_virtual_network.this.id
    error_message = "flow logs must be of the network, at Azure's own watcher"
  }
}
