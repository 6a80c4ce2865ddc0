variable "subscription" {
  type = object({
    resource_id = string
  })
  description = "The subscription whose costs are watched. Null is the one that the provider is signed in to."
  default     = null

  validation {
    condition     = var.subscription == null ? true : can(regex("(?i)^/subscriptions/[0-9a-f-]{36}$", var.subscription.resource_id))
    error_message = "subscription.resource_id must be /subscriptions/<GUID>."
  }
}

variable "receivers" {
  type = object({
    emails                    = optional(set(string), [])
    roles                     = optional(set(string), [])
    action_group_resource_ids = optional(map(string), {})
  })
  description = "Who hears of a budget, and of anomalies (emails): addresses, roles on the scope (Owner, Contributor …) and action groups."
  nullable    = false

  validation {
    condition     = length(var.receivers.emails) + length(var.receivers.roles) + length(var.receivers.action_group_resource_ids) > 0
    error_message = "A budget that nobody hears of is none: give at least one receiver."
  }

  validation {
    condition     = alltrue([for e in var.receivers.emails : can(regex("^[^@ ]+@[^@ ]+$", e))])
    error_message = "Each of receivers.emails must be an email address."
  }
}

variable "budgets" {
  type = map(object({
    name              = optional(string)
    amount            = number
    resource_group    = optional(bool, false)
    resource_group_id = optional(string)
    time_grain        = optional(string, "Monthly")
    start_date        = string
    end_date          = optional(string)
    tags              = optional(map(set(string)), {})
    dimensions        = optional(map(set(string)), {})
    notifications = optional(map(object({
      threshold = number
      forecast  = optional(bool, false)
      operator  = optional(string, "GreaterThanOrEqualTo")
      enabled   = optional(bool, true)
      })), {
      actual-80    = { threshold = 80 }
      actual-100   = { threshold = 100 }
      forecast-110 = { threshold = 110, forecast = true }
    })
  }))
  description = "Budgets, by keys of your choice, in the currency of the subscription: of the subscription, with resource_group of the module's resource group, or with resource_group_id of another one; tags and dimensions narrow them. Without a name one is called <name>-<key>. Without notifications the receivers hear at 80 and 100 % spent, and when 110 % are forecast."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for b in var.budgets : b.amount > 0])
    error_message = "A budget's amount must be above 0."
  }

  validation {
    condition     = alltrue([for b in var.budgets : can(regex("^20[1-9][0-9]-(0[1-9]|1[0-2])-01T00:00:00Z$", b.start_date)) && (b.end_date == null || can(regex("^20[1-9][0-9]-(0[1-9]|1[0-2])-[0-3][0-9]T00:00:00Z$", b.end_date)))])
    error_message = "A budget starts on the first of a month (2026-01-01T00:00:00Z), and ends on a day written the same way."
  }

  validation {
    condition     = alltrue([for b in var.budgets : contains(["Monthly", "Quarterly", "Annually", "BillingMonth", "BillingQuarter", "BillingAnnual"], b.time_grain)])
    error_message = "time_grain must be Monthly, Quarterly, Annually, BillingMonth, BillingQuarter or BillingAnnual."
  }

  validation {
    condition = alltrue([
      for b in var.budgets : length(b.notifications) >= 1 && length(b.notifications) <= 5 && alltrue([for n in b.notifications : n.threshold > 0 && n.threshold <= 1000 && contains(["EqualTo", "GreaterThan", "GreaterThanOrEqualTo"], n.operator)])
    ])
    error_message = "A budget has 1 to 5 notifications with thresholds above 0 and up to 1000 percent and operator EqualTo, GreaterThan or GreaterThanOrEqualTo."
  }

  validation {
    condition     = alltrue([for b in var.budgets : !b.resource_group || b.resource_group_id == null])
    error_message = "A budget is of the module's resource group (resource_group) or of another one (resource_group_id), not of both."
  }
}

variable "anomaly_alert" {
  type = object({
    name         = optional(string)
    display_name = optional(string, "Cost anomalies")
    subject      = optional(string, "Azure costs are unusual")
    message      = optional(string)
  })
  description = "Mail to receivers.emails when the subscription's costs are unusual; null sends none."
  default     = {}

  validation {
    condition     = var.anomaly_alert == null ? true : length(var.anomaly_alert.display_name) <= 25 && length(var.anomaly_alert.subject) <= 50 && length(coalesce(var.anomaly_alert.message, "-")) <= 100
    error_message = "display_name has at most 25 characters, subject 50 and message 100."
  }

  validation {
    condition     = var.anomaly_alert == null ? true : length(var.receivers.emails) > 0
    error_message = "The anomaly alert is sent by mail: give receivers.emails, or set it to null."
  }
}

variable "exports" {
  type = map(object({
    name        = optional(string)
    type        = optional(string, "ActualCost")
    time_frame  = optional(string, "MonthToDate")
    recurrence  = optional(string, "Daily")
    start_date  = string
    end_date    = string
    root_folder = optional(string, "/costs")
    active      = optional(bool, true)
  }))
  description = "Costs written to storage as CSV, by keys of your choice. The provider cannot export in the FOCUS format."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for e in var.exports : contains(["ActualCost", "AmortizedCost", "Usage"], e.type) && contains(["Annually", "Daily", "Monthly", "Weekly"], e.recurrence)])
    error_message = "An export's type is ActualCost, AmortizedCost or Usage, its recurrence Annually, Monthly, Weekly or Daily."
  }

  validation {
    condition     = alltrue([for e in var.exports : contains(["WeekToDate", "MonthToDate", "BillingMonthToDate", "TheLast7Days", "TheLastMonth", "TheLastBillingMonth"], e.time_frame)])
    error_message = "time_frame must be WeekToDate, MonthToDate, BillingMonthToDate, TheLast7Days, TheLastMonth or TheLastBillingMonth."
  }

  validation {
    condition     = length(var.exports) == 0 || (var.export_storage.new_account_name == null) != (var.export_storage.existing_container == null)
    error_message = "Exports need export_storage: new_account_name or existing_container."
  }
}

variable "export_storage" {
  type = object({
    new_account_name   = optional(string)
    container_name     = optional(string, "costs")
    existing_container = optional(object({ resource_id = string }))
    replication        = optional(string, "LRS")
  })
  description = "Where exports go: a storage account that the module makes under a name unique in all of Azure, or a container that exists."
  default     = {}
  nullable    = false

  validation {
    condition     = var.export_storage.new_account_name == null ? true : can(regex("^[a-z0-9]{3,24}$", var.export_storage.new_account_name))
    error_message = "A storage account's name must have 3 to 24 lower case letters and digits."
  }

  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "GZRS"], var.export_storage.replication)
    error_message = "replication must be LRS, ZRS, GRS or GZRS."
  }
}
