data "azurerm_client_config" "current" {}

resource "azurerm_policy_definition" "this" {
  for_each = local.own_controls

  name                = "${var.name}-${each.key}"
  policy_type         = "Custom"
  mode                = each.value.mode
  display_name        = each.value.title
  description         = each.value.message
  management_group_id = local.management_group_id

  metadata = jsonencode({ category = each.value.category, version = "1.0.0", severity = each.value.severity, tags = var.tags })
  parameters = jsonencode({
    effect = {
      type          = "String"
      metadata      = { displayName = "Effect", description = "What happens to a resource that breaks the control." }
      allowedValues = ["Audit", "Deny", "Disabled"]
      defaultValue  = "Audit"
    }
  })
  policy_rule = jsonencode({ if = each.value.when, then = { effect = "[parameters('effect')]" } })
}
