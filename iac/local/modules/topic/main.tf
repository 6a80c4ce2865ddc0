resource "terrace_topic" "this" {
  name            = var.name
  subject         = var.subject == "" ? null : var.subject
  retention_hours = var.retention_hours
  tags            = local.tags

  # A topic and a kafka-topic of one stack can have one name: each holds the topic under its own type.
  claim = var.type
}
