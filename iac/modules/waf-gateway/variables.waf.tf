variable "waf" {
  type = object({
    mode                             = optional(string, "Prevention")
    request_body_check               = optional(bool, true)
    request_body_enforcement         = optional(bool, true)
    max_request_body_size_in_kb      = optional(number, 128)
    request_body_inspect_limit_in_kb = optional(number, 128)
    file_upload_limit_in_mb          = optional(number, 100)

    rule_sets = optional(map(object({
      version = string
      overrides = optional(map(map(object({
        enabled = optional(bool, true)
        action  = optional(string)
      }))), {})
      })), {
      Microsoft_DefaultRuleSet    = { version = "2.2" }
      Microsoft_BotManagerRuleSet = { version = "1.1" }
    })

    exclusions = optional(list(object({
      match_variable          = string
      selector                = string
      selector_match_operator = optional(string, "Equals")
      rule_set                = optional(object({ type = optional(string, "Microsoft_DefaultRuleSet"), version = optional(string, "2.2") }))
      rules                   = optional(map(list(string)), {})
    })), [])

    custom_rules = optional(map(object({
      priority             = number
      action               = optional(string, "Block")
      type                 = optional(string, "MatchRule")
      enabled              = optional(bool, true)
      rate_limit_duration  = optional(string, "OneMin")
      rate_limit_threshold = optional(number)
      group_rate_limit_by  = optional(string, "ClientAddr")

      conditions = list(object({
        variables  = list(object({ name = string, selector = optional(string) }))
        operator   = string
        values     = optional(list(string), [])
        negate     = optional(bool, false)
        transforms = optional(set(string), [])
      }))
    })), {})

    log_scrubbing = optional(list(object({
      match_variable          = string
      selector                = optional(string)
      selector_match_operator = optional(string, "Equals")
    })), [])
  })
  description = "Web application firewall: its mode, limits, rule sets by their type with overrides by rule group and rule id, exclusions (of rules, by rule group, in a rule set; everywhere without rule_set), custom rules by their names, and what is scrubbed from its logs."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Detection", "Prevention"], var.waf.mode)
    error_message = "The firewall's mode must be Detection or Prevention."
  }

  validation {
    condition     = length(setintersection(keys(var.waf.rule_sets), ["Microsoft_DefaultRuleSet", "OWASP"])) == 1
    error_message = "The firewall needs either Microsoft_DefaultRuleSet or OWASP among its rule_sets."
  }

  validation {
    condition     = var.waf.max_request_body_size_in_kb >= 8 && var.waf.max_request_body_size_in_kb <= 2000 && var.waf.file_upload_limit_in_mb >= 1 && var.waf.file_upload_limit_in_mb <= 4000
    error_message = "Request bodies are limited to 8 to 2000 KB, uploads to 1 to 4000 MB."
  }

  validation {
    condition = alltrue([for r in var.waf.custom_rules :
      contains(["Allow", "Block", "JSChallenge", "Log"], r.action) && r.priority >= 1 && r.priority <= 100 && length(r.conditions) > 0 && (
        r.type == "MatchRule" ? r.rate_limit_threshold == null : r.type == "RateLimitRule" && r.rate_limit_threshold != null && r.action != "Allow"
      )
    ])
    error_message = "A custom rule has the action Allow, Block, JSChallenge or Log, a priority of 1 to 100, conditions, and the type MatchRule, or RateLimitRule with a rate_limit_threshold, which does not Allow."
  }

  validation {
    condition     = alltrue([for e in var.waf.exclusions : e.rule_set != null || length(e.rules) == 0])
    error_message = "An exclusion of single rules needs their rule_set."
  }
}
