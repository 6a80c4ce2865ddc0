resource "terrace_route" "this" {
  name    = var.name
  host    = var.host
  path    = var.path
  service = coalesce(var.service, var.workload)
  port    = var.port
  tags    = local.tags
}
