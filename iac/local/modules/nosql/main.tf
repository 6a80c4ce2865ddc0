resource "terrace_document_database" "this" {
  name        = var.name
  collections = var.collections
  tags        = local.tags
}
