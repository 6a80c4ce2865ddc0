resource "terrace_volume" "this" {
  name = var.name
  tags = local.tags
}
