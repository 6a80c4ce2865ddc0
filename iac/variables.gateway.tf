variable "gateway_sites" {
  type = map(object({
    host = string
    api  = string

    waf = optional(object({
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
    }))

    paths = optional(map(object({
      order = optional(number, 0)
      paths = list(string)

      waf = object({
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
    })), {})
  }))
  description = "Hosts of the gateway's documents with their firewall policies, as terrace gateway sites gives them."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for s in var.gateway_sites : length(s.host) > 0 && length(s.api) > 0])
    error_message = "A site has a host and the path of an API."
  }

  # Whoever asks in the stage's network for such a name gets the cluster's ingress, past the
  # firewall; or, if its record leads to the gateway, API Management calls itself.
  validation {
    condition = alltrue([for s in var.gateway_sites : !(
      endswith(s.host, ".${var.stage}.${var.domain}") && (startswith(s.host, "*.") || length(split(".", trimsuffix(s.host, ".${var.stage}.${var.domain}"))) == 2)
    )])
    error_message = "The host of a site must not be SERVICE.PROJECT within workload_dns_zone (<stage>.<domain>), nor a wildcard there: by these names API Management calls services, and a request would come back to it. Give the route another host."
  }
}
