mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-0000-0000-000000000001"
      tenant_id       = "00000000-0000-0000-0000-000000000002"
    }
  }
  mock_resource "azurerm_policy_definition" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/policyDefinitions/mock" }
  }
  mock_resource "azurerm_policy_set_definition" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/policySetDefinitions/mock" }
  }
  mock_resource "azurerm_management_group_policy_set_definition" {
    defaults = { id = "/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policySetDefinitions/mock" }
  }
  mock_resource "azurerm_resource_group_policy_assignment" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Authorization/policyAssignments/mock" }
  }
}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-shop"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "a_group_is_held_to_the_controls" {
  variables {
    effects           = { tag-env = "Deny" }
    allowed_locations = ["westeurope"]
    standards         = ["mcsb", "cis", "iso27001"]
    exemptions        = { old = { assignment = "cis", description = "It is switched off soon.", expires_on = "2036-01-01T00:00:00Z" } }
    defender_plans    = { KeyVaults = {} }
    security_contact  = { email = "security@example.com" }
  }

  assert {
    condition     = keys(azurerm_resource_group_policy_assignment.this) == ["cis", "controls", "iso27001", "locations", "mcsb"]
    error_message = "The controls, the regions and each standard are assigned to the group."
  }

  assert {
    condition     = alltrue([for a in azurerm_resource_group_policy_assignment.this : a.enforce])
    error_message = "Assignments enforce unless told otherwise."
  }

  assert {
    condition     = jsondecode(azurerm_resource_group_policy_assignment.this["controls"].parameters)["effect-tag-env"].value == "Deny"
    error_message = "An effect given for a control reaches its assignment."
  }

  assert {
    condition     = endswith(azurerm_resource_group_policy_assignment.this["cis"].policy_definition_id, "/470a962c-86a0-433b-803a-3c176b5ce79c")
    error_message = "CIS is the built-in set."
  }

  assert {
    condition     = alltrue([for d in azurerm_policy_definition.this : jsondecode(d.policy_rule).then.effect == "[parameters('effect')]"])
    error_message = "Each policy takes its effect as a parameter."
  }

  assert {
    condition     = [for r in azurerm_policy_set_definition.this[0].policy_definition_reference : r.policy_definition_id if r.reference_id == "storage-https-only"] == ["/providers/Microsoft.Authorization/policyDefinitions/404c3081-a854-4457-ae30-26a93ef643f9"]
    error_message = "A control that Azure has a policy of refers to that one."
  }

  assert {
    condition     = length(azurerm_policy_set_definition.this[0].policy_definition_reference) == length(output.controls) && contains([for g in azurerm_policy_set_definition.this[0].policy_definition_group : g.name], "CIS_Azure_Foundations_v3.0.0_4.15")
    error_message = "The set has every control, in groups named after the requirements."
  }

  assert {
    condition     = azurerm_resource_group_policy_exemption.this["old"].exemption_category == "Waiver" && length(output.assignment_ids) == 5
    error_message = "The exemption is of the group, and the outputs have the ids."
  }
}

run "a_control_keeps_its_own_effect" {
  command = plan

  variables {
    default_effect = "Deny"
    effects        = { acr-anonymous-pull = "Deny" }
  }

  assert {
    condition = [for key in ["storage-https-only", "acr-customer-managed-key", "acr-anonymous-pull"] :
      jsondecode(azurerm_resource_group_policy_assignment.this["controls"].parameters)["effect-${key}"].value
    ] == ["Deny", "Audit", "Deny"]
    error_message = "The default effect is not that of a control with its own, and effects is stronger than both."
  }
}

run "a_management_group_has_its_own_types" {
  command = plan

  variables {
    scope   = "/providers/Microsoft.Management/managementGroups/corp"
    enforce = false
  }

  assert {
    condition     = length(azurerm_management_group_policy_assignment.this) == 2 && length(azurerm_resource_group_policy_assignment.this) == 0 && !azurerm_management_group_policy_assignment.this["mcsb"].enforce
    error_message = "A management group has the controls and MCSB, which report alone."
  }
}
