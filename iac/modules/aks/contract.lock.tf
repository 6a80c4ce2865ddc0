variable "lock" {
  type = object({
    kind = string
    name = optional(string)
  })
  description = "Management lock on the main resource and all within: kind CanNotDelete or ReadOnly. Under it nobody removes anything within, not even what others add there. Null sets none."
  default     = null

  validation {
    condition     = var.lock == null ? true : contains(["CanNotDelete", "ReadOnly"], var.lock.kind)
    error_message = "The lock's kind must be CanNotDelete or ReadOnly."
  }
}

resource "azurerm_management_lock" "this" {
  count = var.lock == null ? 0 : 1

  name       = coalesce(var.lock.name, "lock-${var.lock.kind}")
  scope      = local.resource_id
  lock_level = var.lock.kind
  notes      = var.lock.kind == "CanNotDelete" ? "Cannot delete the resource or its child resources." : "Cannot delete or modify the resource or its child resources."

  depends_on = [local.lock_follows]
}
