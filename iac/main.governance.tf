module "policies" {
  source = "./modules/policy-compliance"

  name                = "pol-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  scope               = { kind = "subscription" }
  enforce             = var.policies.enforced
  standards           = var.policies.standards
  allowed_locations   = [var.location, var.secondary_location, "global"]

  remediation_identity = {
    resource_id  = module.identity.resource_ids["policies"]
    principal_id = module.identity.principal_ids["policies"]
  }

  defender = !var.policies.defender ? null : {
    plans   = { for plan in ["Containers", "KeyVaults", "OpenSourceRelationalDatabases", "CosmosDbs", "Arm"] : plan => {} }
    contact = { email = values(var.monitoring.alert_emails)[0] }
  }
}

module "costs" {
  source = "./modules/cost-management"

  name                = "cost-${local.name_prefix}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this["platform"].name
  tags                = local.tags
  receivers           = { emails = var.budget.emails, action_group_resource_ids = { platform = module.monitoring.action_group_resource_ids["platform"] } }
  anomaly_alert       = { display_name = "Costs of ${var.stage}" }
  export_storage      = { new_account_name = "st${var.name}${var.stage}cost", replication = local.zone_redundant ? "ZRS" : "LRS" }

  budgets = {
    stage = { amount = var.budget.amount, start_date = var.budget.start_date, tags = { env = [var.stage] } }
    data  = { amount = var.budget.amount / 2, start_date = var.budget.start_date, resource_group_id = azurerm_resource_group.this["data"].id }
  }

  exports = {
    daily = { start_date = var.budget.start_date, end_date = timeadd(var.budget.start_date, "87600h") }
  }
}
