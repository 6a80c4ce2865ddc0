variable "sites" {
  type = map(object({
    host             = string
    api              = string
    backend_pool     = string
    backend_settings = string
    certificate      = string
    frontend         = optional(string)

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
  description = "Hosts by names of your choice, each with an HTTPS listener of its own: what it hears there goes to a backend pool with /<api> in front of the path, behind a firewall policy of its own (waf; null: the gateway's), and for paths behind others. Of paths that take the same request those with the lowest order count, by their names where that is the same. They have the shape in which Terrace gives the gateway's documents: terrace gateway sites."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for s in var.sites : can(regex("^(\\*\\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", s.host)) && can(regex("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", s.api))])
    error_message = "A site has a host name in lower case, which may begin with *., and the path of an API without a slash in front."
  }

  validation {
    condition     = alltrue([for s in var.sites : contains(keys(var.backend_pools), s.backend_pool) && contains(keys(var.backend_settings), s.backend_settings) && contains(keys(var.certificates), s.certificate)])
    error_message = "A site's backend_pool, backend_settings and certificate must be keys of backend_pools, backend_settings and certificates."
  }

  validation {
    condition     = length(var.sites) <= 90
    error_message = "A gateway takes at most 100 listeners: give it at most 90 sites."
  }

  validation {
    condition     = alltrue([for s in var.sites : alltrue([for p in s.paths : length(p.paths) > 0 && alltrue([for path in p.paths : startswith(path, "/")])])])
    error_message = "The paths of a site start with a slash, and there is at least one."
  }

  validation {
    condition     = alltrue([for s in var.sites : alltrue([for p in s.paths : p.order >= 0 && p.order < 100000 && floor(p.order) == p.order])])
    error_message = "The order of a site's paths is a whole number from 0 to 99999."
  }
}

variable "site_priority" {
  type        = number
  description = "Priority of the first site's routing rule; the others follow. Rules of listeners without hosts need larger ones."
  default     = 1000
  nullable    = false

  validation {
    condition     = var.site_priority >= 1 && var.site_priority <= 19000
    error_message = "The priority must be 1 to 19000."
  }
}
