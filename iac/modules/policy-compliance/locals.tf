locals {
  controls     = yamldecode(file("${path.module}/controls.yaml"))
  own_controls = { for key, control in local.controls : key => control if can(control.when) }

  built_in_sets = {
    mcsb          = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
    cis           = "470a962c-86a0-433b-803a-3c176b5ce79c"
    iso27001      = "5e4ff661-23bf-42fa-8e3a-309a55091cc7"
    iso27001_2013 = "89c6cddc-1c73-4ac1-b19c-54d1a15a42f2"
  }
  framework_names = { mcsb = "MCSB_v1", cis = "CIS_Azure_Foundations_v3.0.0", iso27001 = "ISO_27001_2022" }

  scope = var.scope == null ? "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/${var.resource_group_name}" : var.scope

  # Where definitions lie: in the management group, else in the provider's subscription.
  management_group_id = can(regex("(?i)^/providers/Microsoft\\.Management/", local.scope)) ? local.scope : null
  resource_group_id   = can(regex("(?i)/resourceGroups/", local.scope)) ? local.scope : null
  subscription_id     = local.management_group_id == null && local.resource_group_id == null ? local.scope : null

  # One group for each requirement, named <framework>_<version>_<control>.
  groups = distinct(flatten([
    for control in local.controls : [
      for framework, ids in control.frameworks : [for id in ids : { name = "${local.framework_names[framework]}_${id}", framework = framework, id = id }]
    ]
  ]))

  # Every assignment, whatever it assigns, in one shape.
  assigned = merge(
    {
      controls = {
        policy_definition_id = local.controls_set_id, display_name = "${var.name}: controls of the platform", enforce = var.enforce, needs_identity = false
        parameters           = { for key in keys(local.controls) : "effect-${key}" => { value = lookup(var.effects, key, try(local.controls[key].effect, var.default_effect)) } }
        messages             = concat([{ content = "The resource breaks a control of the platform.", reference = null }], [for key, control in local.controls : { content = control.message, reference = key }])
        not_scopes           = []
      }
    },
    length(var.allowed_locations) == 0 ? {} : {
      locations = {
        policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c", display_name = "${var.name}: allowed regions", enforce = var.enforce, needs_identity = false
        parameters           = { listOfAllowedLocations = { value = sort(var.allowed_locations) } }
        messages             = [{ content = "Use one of the regions ${join(", ", sort(var.allowed_locations))}.", reference = null }], not_scopes = []
      }
    },
    {
      for standard in var.standards : standard => {
        policy_definition_id = "/providers/Microsoft.Authorization/policySetDefinitions/${local.built_in_sets[standard]}", display_name = "${var.name}: ${standard}", enforce = var.enforce, needs_identity = false
        parameters           = {}, messages = [], not_scopes = []
      }
    },
    {
      for key, a in var.assignments : key => {
        policy_definition_id = a.policy_definition_id, display_name = coalesce(a.display_name, "${var.name}: ${key}"), enforce = coalesce(a.enforce, var.enforce), needs_identity = a.needs_identity
        parameters           = a.parameters
        messages             = a.non_compliance_message == null ? [] : [{ content = a.non_compliance_message, reference = null }], not_scopes = tolist(a.not_scopes)
      }
    },
  )

  assignment_ids = merge(
    { for key, a in azurerm_management_group_policy_assignment.this : key => a.id },
    { for key, a in azurerm_subscription_policy_assignment.this : key => a.id },
    { for key, a in azurerm_resource_group_policy_assignment.this : key => a.id },
  )
}
