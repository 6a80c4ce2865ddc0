resource "terrace_topic" "this" {
  name            = var.name
  subject         = var.subject == "" ? null : var.subject
  retention_hours = var.retention_hours
  tags            = local.tags
}
