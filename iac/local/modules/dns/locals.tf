locals {
  tags = merge(var.tags, { project = var.project, stage = var.stage })

  # A workload's own record is its own address; a shared one, whose name is its id, is called by it.
  own   = startswith(var.name, "${var.workload}-") ? var.workload : var.name
  label = coalesce(var.subdomain, local.own)
}
