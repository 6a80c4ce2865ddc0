# A set in a subscription and one in a management group are two resource types of azurerm.
resource "azurerm_policy_set_definition" "this" {
  count = local.management_group_id == null ? 1 : 0

  name         = "${var.name}-controls"
  policy_type  = "Custom"
  display_name = "${var.name}: controls of the platform"
  description  = "The table of controls, grouped by the requirements that they answer."
  metadata     = jsonencode({ category = "Platform", version = "1.0.0" })
  parameters   = local.set_parameters

  dynamic "policy_definition_group" {
    for_each = local.groups

    content {
      name         = policy_definition_group.value.name
      display_name = policy_definition_group.value.id
      category     = policy_definition_group.value.framework
    }
  }

  dynamic "policy_definition_reference" {
    for_each = local.controls

    content {
      reference_id         = policy_definition_reference.key
      policy_definition_id = local.control_definitions[policy_definition_reference.key]
      policy_group_names   = local.control_groups[policy_definition_reference.key]
      parameter_values     = local.control_parameters[policy_definition_reference.key]
    }
  }
}

resource "azurerm_management_group_policy_set_definition" "this" {
  count = local.management_group_id == null ? 0 : 1

  name                = "${var.name}-controls"
  management_group_id = local.management_group_id
  policy_type         = "Custom"
  display_name        = "${var.name}: controls of the platform"
  description         = "The table of controls, grouped by the requirements that they answer."
  metadata            = jsonencode({ category = "Platform", version = "1.0.0" })
  parameters          = local.set_parameters

  dynamic "policy_definition_group" {
    for_each = local.groups

    content {
      name         = policy_definition_group.value.name
      display_name = policy_definition_group.value.id
      category     = policy_definition_group.value.framework
    }
  }

  dynamic "policy_definition_reference" {
    for_each = local.controls

    content {
      reference_id         = policy_definition_reference.key
      policy_definition_id = local.control_definitions[policy_definition_reference.key]
      policy_group_names   = local.control_groups[policy_definition_reference.key]
      parameter_values     = local.control_parameters[policy_definition_reference.key]
    }
  }
}

locals {
  controls_set_id = local.management_group_id == null ? azurerm_policy_set_definition.this[0].id : azurerm_management_group_policy_set_definition.this[0].id

  # A control is a definition of this module's own, or one that Azure has.
  control_definitions = {
    for key, control in local.controls : key => try("/providers/Microsoft.Authorization/policyDefinitions/${control.definition}", azurerm_policy_definition.this[key].id)
  }
  control_parameters = {
    for key, control in local.controls : key => jsonencode(merge(
      { for name, value in try(control.parameters, {}) : name => { value = value } },
      { effect = { value = "[parameters('effect-${key}')]" } },
    ))
  }

  control_groups = {
    for key, control in local.controls : key => flatten([
      for framework, ids in control.frameworks : [for id in ids : "${local.framework_names[framework]}_${id}"]
    ])
  }

  set_parameters = jsonencode({
    for key, control in local.controls : "effect-${key}" => {
      type          = "String"
      metadata      = { displayName = "Effect: ${control.title}", description = control.message }
      allowedValues = ["Audit", "Deny", "Disabled"]
      defaultValue  = "Audit"
    }
  })
}
