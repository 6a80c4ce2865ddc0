resource "terrace_secret" "this" {
  name   = var.name
  length = var.length
  tags   = local.tags
}
