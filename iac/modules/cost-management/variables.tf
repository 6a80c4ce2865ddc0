variable "subscription_id" {
  type        = string
  description = "Resource id of the subscription whose costs are watched."
  nullable    = false

  validation {
    condition     = can(regex("^/subscriptions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))
    error_message = "The subscription_id must be a resource id: /subscriptions/ and a UUID in lower case."
  }
}

variable "budgets" {
  type = map(object({
    name           = optional(string)
    amount         = number
    time_grain     = optional(string, "Monthly")
    start_date     = string
    end_date       = optional(string)
    resource_group = optional(object({ resource_id = string }))
    tags           = optional(map(set(string)), {})
    dimensions     = optional(map(set(string)), {})
    contact_emails = optional(set(string), [])
    contact_roles  = optional(set(string), [])
    contact_groups = optional(map(string), {})
    thresholds = optional(map(object({
      percent = number
      type    = optional(string, "Actual")
      })), {
      actual_80      = { percent = 80 }
      actual_100     = { percent = 100 }
      forecasted_100 = { percent = 100, type = "Forecasted" }
    })
  }))
  description = "Budgets by keys of your choice, in the subscription's currency: on the subscription, or on a resource group where resource_group is given; for the costs that carry the tags and dimensions. Each threshold tells the contacts; contact_groups are ids of action groups."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for b in var.budgets : b.amount > 0])
    error_message = "A budget's amount must be above 0."
  }

  validation {
    condition     = alltrue([for b in var.budgets : contains(["Monthly", "Quarterly", "Annually", "BillingMonth", "BillingQuarter", "BillingAnnual"], b.time_grain)])
    error_message = "A budget's time grain must be Monthly, Quarterly, Annually, BillingMonth, BillingQuarter or BillingAnnual."
  }

  validation {
    condition     = alltrue([for b in var.budgets : can(regex("^\\d{4}-\\d{2}-01T00:00:00Z$", b.start_date))])
    error_message = "A budget starts on the first of a month, written as 2026-01-01T00:00:00Z."
  }

  validation {
    condition     = alltrue([for b in var.budgets : length(b.contact_emails) + length(b.contact_roles) + length(b.contact_groups) > 0])
    error_message = "Each budget needs somebody to tell: contact_emails, contact_roles or contact_groups."
  }

  validation {
    condition = alltrue(flatten([
      for b in var.budgets : [for t in b.thresholds : t.percent > 0 && t.percent <= 1000 && contains(["Actual", "Forecasted"], t.type)]
    ]))
    error_message = "A threshold is a percentage above 0 and up to 1000, of the type Actual or Forecasted."
  }

  validation {
    condition     = alltrue([for b in var.budgets : length(b.thresholds) >= 1 && length(b.thresholds) <= 5])
    error_message = "A budget has one to five thresholds."
  }
}

variable "exports" {
  type = map(object({
    name        = optional(string)
    recurrence  = optional(string, "Daily")
    start_date  = string
    end_date    = string
    type        = optional(string, "AmortizedCost")
    time_frame  = optional(string, "MonthToDate")
    root_folder = optional(string, "/exports")
    active      = optional(bool, true)
  }))
  description = "Exports of the subscription's costs as CSV files, by keys of your choice, into the container that export_storage says."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for e in var.exports : contains(["Daily", "Weekly", "Monthly", "Annually"], e.recurrence) && contains(["ActualCost", "AmortizedCost", "Usage"], e.type)
    ])
    error_message = "An export recurs Daily, Weekly, Monthly or Annually and is of the type ActualCost, AmortizedCost or Usage."
  }

  validation {
    condition     = alltrue([for e in var.exports : can(timecmp(e.start_date, e.end_date)) ? timecmp(e.start_date, e.end_date) < 0 : false])
    error_message = "An export starts before it ends; both are written as 2026-01-01T00:00:00Z."
  }
}

variable "export_storage" {
  type = object({
    name                = string
    container_name      = optional(string, "costs")
    account_replication = optional(string, "ZRS")
    retention_days      = optional(number, 30)
    public_access       = optional(bool, false)
    allowed_ip_rules    = optional(set(string), [])
    allowed_subnet_ids  = optional(map(string), {})
  })
  description = "Storage account that is made for the exports, without access keys; null where there are no exports. Cost Management writes to it as a trusted service."
  default     = null

  validation {
    condition     = var.export_storage == null ? true : can(regex("^[a-z0-9]{3,24}$", var.export_storage.name))
    error_message = "The storage account's name must have 3 to 24 lower case letters and digits."
  }

  validation {
    condition     = var.export_storage != null || length(var.exports) == 0
    error_message = "Exports need an export_storage to write to."
  }
}

variable "anomaly_alert" {
  type = object({
    name            = optional(string)
    display_name    = optional(string, "Cost anomaly")
    email_addresses = set(string)
    email_subject   = optional(string, "Unusual costs")
    message         = optional(string)
  })
  description = "Mail about costs that are unlike those of the days before, for the whole subscription. Null sends none."
  default     = null

  validation {
    condition     = var.anomaly_alert == null ? true : length(var.anomaly_alert.display_name) <= 25
    error_message = "The display name has at most 25 characters."
  }

  validation {
    condition     = var.anomaly_alert == null ? true : length(var.anomaly_alert.email_addresses) > 0 && length(var.anomaly_alert.email_subject) <= 50
    error_message = "The alert needs an address, and a subject of at most 50 characters."
  }
}
