locals {
  # What Azure must not refuse even where policies are enforced: azurerm makes a
  # subnet first and joins its security group to it then, and a vault that
  # runners reach from outside has an address open to them.
  reported_controls = concat(["subnet-has-nsg"], length(var.key_vault.allowed_ip_rules) > 0 ? ["keyvault-private"] : [])
}

module "policies" {
  source = "./modules/policy-compliance"

  name                = "pol-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  scope               = local.subscription_id
  enforce             = var.policies.enforced
  default_effect      = var.policies.enforced ? "Deny" : "Audit"
  effects             = { for control in local.reported_controls : control => "Audit" }
  standards           = var.policies.standards
  allowed_locations   = [var.location, var.secondary_location]
  identity            = { resource_id = module.identity.resource_ids["policies"] }
  defender_plans      = { for plan in ["Containers", "KeyVaults", "OpenSourceRelationalDatabases", "CosmosDbs", "Arm"] : plan => {} if var.policies.defender }
  security_contact    = var.policies.defender ? { email = values(var.monitoring.alert_emails)[0] } : null
}

module "costs" {
  source = "./modules/cost-management"

  name                = "cost-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  subscription_id     = local.subscription_id
  anomaly_alert       = { display_name = "Costs of ${var.stage}", email_addresses = var.budget.emails }
  export_storage      = { name = "st${var.name}${var.stage}cost", account_replication = local.zone_redundant ? "ZRS" : "LRS" }

  budgets = {
    stage = {
      amount         = var.budget.amount
      start_date     = var.budget.start_date
      tags           = { env = [var.stage] }
      contact_emails = var.budget.emails
      contact_groups = { platform = module.monitoring.action_group_resource_ids["platform"] }
    }
    data = {
      amount         = var.budget.amount / 2
      start_date     = var.budget.start_date
      resource_group = { resource_id = azurerm_resource_group.this["data"].id }
      contact_emails = var.budget.emails
    }
  }

  exports = {
    daily = { start_date = var.budget.start_date, end_date = timeadd(var.budget.start_date, "87600h") }
  }
}
