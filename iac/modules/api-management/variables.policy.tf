variable "policy" {
  type = object({
    xml = optional(string)

    rate_limit = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
    quota      = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
    ip_allow   = optional(set(string), [])
    cors       = optional(object({ origins = set(string), methods = optional(set(string), ["*"]), headers = optional(set(string), ["*"]), credentials = optional(bool, false) }))
    jwt        = optional(object({ openid_config_url = string, audiences = set(string), issuers = optional(set(string), []), header = optional(string, "Authorization") }))

    backend                   = optional(string)
    managed_identity_resource = optional(string)
    request_headers           = optional(map(string), {})
    response_headers          = optional(map(string), {})
    timeout_seconds           = optional(number)
  })
  description = "Policy of the whole service, in which those of products and APIs are embedded: limits (for each subscription, or by counter_key, an expression such as @(context.Request.IpAddress)), addresses that may call, CORS, a JWT that must come along, what backends are called with; or the whole document as xml. Null leaves Azure's own."
  default     = null

  validation {
    condition = alltrue([for p in [var.policy] : p == null ? true : alltrue([
      p.rate_limit == null ? true : p.rate_limit.calls > 0 && p.rate_limit.renewal_period_seconds > 0 && p.rate_limit.renewal_period_seconds <= 300,
      p.quota == null ? true : p.quota.calls > 0 && p.quota.renewal_period_seconds >= 300,
      p.xml == null ? true : p.rate_limit == null && p.quota == null && p.cors == null && p.jwt == null && p.backend == null,
    ])])
    error_message = "A policy's rate_limit has a period of 1 to 300 seconds, its quota one of at least 300, both with calls; a policy given as xml takes nothing else."
  }
}
