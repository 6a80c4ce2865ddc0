resource "terrace_config" "this" {
  name     = var.name
  workload = var.workload
  tags     = local.tags
}
