resource "terrace_cache" "this" {
  name = var.name
  tags = local.tags
}
