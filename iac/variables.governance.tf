variable "budget" {
  type = object({
    amount     = number
    start_date = optional(string, "2026-01-01T00:00:00Z")
    emails     = set(string)
  })
  description = "Budget of the stage a month, in the subscription's currency, from when on, and who hears of it."
  nullable    = false

  validation {
    condition     = var.budget.amount > 0 && can(regex("^\\d{4}-\\d{2}-01T00:00:00Z$", var.budget.start_date)) && length(var.budget.emails) > 0
    error_message = "The budget needs an amount above 0, the first of a month to start from, and at least one address."
  }
}

variable "policies" {
  type = object({
    enforced  = optional(bool, true)
    standards = optional(set(string), ["mcsb", "cis", "iso27001"])
    defender  = optional(bool, true)
  })
  description = "Compliance: whether policies deny or only report, which standards are assigned (mcsb, cis, iso27001), and whether Defender for Cloud watches."
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(var.policies.standards, ["mcsb", "cis", "iso27001"])) == 0
    error_message = "The standards are mcsb, cis and iso27001."
  }
}
