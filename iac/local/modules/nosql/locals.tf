locals {
  tags = merge(var.tags, { project = var.project, stage = var.stage })
}
