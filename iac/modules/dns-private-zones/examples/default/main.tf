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

  subnets = { inbound = "10.61.0.0/28", outbound = "10.61.0.16/28" }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-dns-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-dns-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.61.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  for_each = local.subnets

  name                            = each.key
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [each.value]
  default_outbound_access_enabled = false

  delegation {
    name = "delegation"

    service_delegation {
      name    = "Microsoft.Network/dnsResolvers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

module "zones" {
  source = "../../"

  name                  = "dnspr-example"
  location              = azurerm_resource_group.this.location
  resource_group_name   = azurerm_resource_group.this.name
  tags                  = local.tags
  virtual_network_links = { example = { virtual_network_resource_id = azurerm_virtual_network.this.id } }

  zones = {
    vault = { domain = "privatelink.vaultcore.azure.net" }

    workloads = {
      domain     = "dev.terrace.internal"
      soa_record = { email = "hostmaster.terrace.internal", minimum_ttl = 60 }
      records = {
        gateway = { type = "A", values = ["10.61.0.40"] }
        ipv6    = { type = "AAAA", values = ["fd00::40"] }
        mail    = { name = "@", type = "MX", mx = [{ preference = 10, exchange = "mail.terrace.internal" }] }
        sip     = { name = "_sip._tcp", type = "SRV", srv = [{ priority = 1, weight = 5, port = 5060, target = "sip.terrace.internal" }] }
        note    = { type = "TXT", values = ["owner=platform", "contact=platform@terrace.internal"] }
      }
    }

    reverse = {
      domain  = "0.61.10.in-addr.arpa"
      records = { gateway = { name = "40", type = "PTR", values = ["gateway.dev.terrace.internal"] } }
    }
  }

  resolver = {
    virtual_network_resource_id = azurerm_virtual_network.this.id
    inbound_endpoints           = { inbound = { subnet_resource_id = azurerm_subnet.this["inbound"].id } }
    outbound_endpoints          = { outbound = { subnet_resource_id = azurerm_subnet.this["outbound"].id } }
    forwarding_rulesets = {
      company = {
        outbound_endpoints    = ["outbound"]
        virtual_network_links = { example = { virtual_network_resource_id = azurerm_virtual_network.this.id } }
        rules = {
          corp = { domain_name = "corp.example.", target_dns_servers = { first = { ip_address = "10.200.0.4" } } }
        }
      }
    }
  }
}

module "shop" {
  source = "../../"

  name                = "shop"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_zone       = { resource_id = module.zones.zone_ids["workloads"] }
  records             = { shop = { type = "CNAME", values = ["gateway.dev.terrace.internal"] } }
}

output "resolver_address" {
  description = "Address that answers for the zones."
  value       = module.zones.inbound_endpoint_ip_addresses["inbound"]
}

output "shop" {
  description = "Name of the workload."
  value       = module.shop.record_fqdns["shop"]
}
