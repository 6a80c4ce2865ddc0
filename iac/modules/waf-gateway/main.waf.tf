resource "azurerm_web_application_firewall_policy" "this" {
  for_each = local.firewalls

  name                = local.firewall_names[each.key]
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  policy_settings {
    enabled                          = true
    mode                             = each.value.mode
    request_body_check               = each.value.request_body_check
    request_body_enforcement         = each.value.request_body_enforcement
    max_request_body_size_in_kb      = each.value.max_request_body_size_in_kb
    request_body_inspect_limit_in_kb = each.value.request_body_inspect_limit_in_kb
    file_upload_limit_in_mb          = each.value.file_upload_limit_in_mb
    file_upload_enforcement          = true

    dynamic "log_scrubbing" {
      for_each = length(each.value.log_scrubbing) == 0 ? [] : [each.value.log_scrubbing]

      content {
        enabled = true

        dynamic "rule" {
          for_each = log_scrubbing.value

          content {
            enabled                 = true
            match_variable          = rule.value.match_variable
            selector                = rule.value.selector
            selector_match_operator = rule.value.selector_match_operator
          }
        }
      }
    }
  }

  managed_rules {
    dynamic "managed_rule_set" {
      for_each = each.value.rule_sets

      content {
        type    = managed_rule_set.key
        version = managed_rule_set.value.version

        dynamic "rule_group_override" {
          for_each = managed_rule_set.value.overrides

          content {
            rule_group_name = rule_group_override.key

            dynamic "rule" {
              for_each = rule_group_override.value

              content {
                id      = rule.key
                enabled = rule.value.enabled
                action  = rule.value.action
              }
            }
          }
        }
      }
    }

    dynamic "exclusion" {
      for_each = each.value.exclusions

      content {
        match_variable          = exclusion.value.match_variable
        selector                = exclusion.value.selector
        selector_match_operator = exclusion.value.selector_match_operator

        dynamic "excluded_rule_set" {
          for_each = exclusion.value.rule_set == null ? [] : [exclusion.value.rule_set]

          content {
            type    = excluded_rule_set.value.type
            version = excluded_rule_set.value.version

            dynamic "rule_group" {
              for_each = exclusion.value.rules

              content {
                rule_group_name = rule_group.key
                excluded_rules  = rule_group.value
              }
            }
          }
        }
      }
    }
  }

  dynamic "custom_rules" {
    for_each = each.value.custom_rules

    content {
      name                 = custom_rules.key
      priority             = custom_rules.value.priority
      action               = custom_rules.value.action
      rule_type            = custom_rules.value.type
      enabled              = custom_rules.value.enabled
      rate_limit_duration  = custom_rules.value.type == "RateLimitRule" ? custom_rules.value.rate_limit_duration : null
      rate_limit_threshold = custom_rules.value.rate_limit_threshold
      group_rate_limit_by  = custom_rules.value.type == "RateLimitRule" ? custom_rules.value.group_rate_limit_by : null

      dynamic "match_conditions" {
        for_each = custom_rules.value.conditions

        content {
          operator           = match_conditions.value.operator
          match_values       = match_conditions.value.values
          negation_condition = match_conditions.value.negate
          transforms         = match_conditions.value.transforms

          dynamic "match_variables" {
            for_each = match_conditions.value.variables

            content {
              variable_name = match_variables.value.name
              selector      = match_variables.value.selector
            }
          }
        }
      }
    }
  }

  # A site's policy goes after the gateway no longer has the site.
  lifecycle {
    create_before_destroy = true
  }
}

moved {
  from = azurerm_web_application_firewall_policy.this
  to   = azurerm_web_application_firewall_policy.this["main"]
}
