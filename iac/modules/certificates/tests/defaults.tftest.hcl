mock_provider "azurerm" {
  mock_resource "azurerm_key_vault_certificate" {
    defaults = {
      id                              = "https://kv-shop.vault.azure.net/certificates/shop-gateway/0123456789abcdef0123456789abcdef"
      versionless_secret_id           = "https://kv-shop.vault.azure.net/secrets/shop-gateway"
      resource_manager_versionless_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-shop/certificates/shop-gateway"
    }
  }

  mock_resource "azurerm_eventgrid_system_topic" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.EventGrid/systemTopics/evgt-kv-shop"
    }
  }
}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  key_vault           = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-shop" }
}

run "keys_stay_in_the_vault_and_renew" {
  variables {
    certificates = {
      gateway = { subject = "CN=shop.example.com", dns_names = ["shop.example.com"], role_assignments = { gw = { principal_id = "00000000-0000-0000-0000-00000000000b" } } }
      partner = { name = "partner-api", subject = "CN=partner", issuer = "Unknown", key_type = "EC" }
      public  = { subject = "CN=www.example.com", issuer = "digicert", renew_days_before = 45 }
    }

    issuers          = { digicert = { provider_name = "DigiCert" } }
    issuer_passwords = { digicert = "only-a-test" }
    contacts         = { team = { email = "team@example.com" } }
  }

  assert {
    condition     = alltrue([for c in azurerm_key_vault_certificate.this : !c.certificate_policy[0].key_properties[0].exportable && !c.certificate_policy[0].key_properties[0].reuse_key])
    error_message = "private keys must stay in the vault and be new each time"
  }

  assert {
    condition     = azurerm_key_vault_certificate.this["gateway"].certificate_policy[0].lifetime_action[0].action[0].action_type == "AutoRenew" && azurerm_key_vault_certificate.this["partner"].certificate_policy[0].lifetime_action[0].action[0].action_type == "EmailContacts"
    error_message = "what the vault can renew it must renew"
  }

  assert {
    condition     = azurerm_key_vault_certificate.this["public"].certificate_policy[0].issuer_parameters[0].name == "digicert" && azurerm_key_vault_certificate.this["public"].certificate_policy[0].lifetime_action[0].trigger[0].days_before_expiry == 45
    error_message = "issuer and trigger must be as asked"
  }

  assert {
    condition     = output.names["gateway"] == "shop-gateway" && output.names["partner"] == "partner-api" && azurerm_role_assignment.certificates["gateway/gw"].role_definition_name == "Key Vault Certificate User" && azurerm_key_vault_certificate.this["gateway"].tags["owner"] == "shop"
    error_message = "names, roles and tags must be set"
  }
}

run "events_before_one_expires" {
  variables {
    expiry_events = {
      service_bus_topic_resource_ids = { platform = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ServiceBus/namespaces/sb/topics/platform" }
      webhook_urls                   = { pager = "https://pager.example.com/hook" }
    }
  }

  assert {
    condition     = azurerm_eventgrid_system_topic.this[0].topic_type == "Microsoft.KeyVault.vaults" && azurerm_eventgrid_system_topic.this[0].name == "evgt-kv-shop" && length(azurerm_eventgrid_system_topic_event_subscription.this) == 2
    error_message = "the vault's events must reach both"
  }

  assert {
    condition     = contains(azurerm_eventgrid_system_topic_event_subscription.this["topic-platform"].included_event_types, "Microsoft.KeyVault.CertificateNearExpiry") && azurerm_eventgrid_system_topic_event_subscription.this["topic-platform"].delivery_identity[0].type == "SystemAssigned"
    error_message = "they must be sent by the topic's identity"
  }
}
