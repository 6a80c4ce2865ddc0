output "name" {
  description = "Name of the database."
  value       = terrace_document_database.this.name
}

output "token" {
  description = "Reference to the token; the value is put in where the service starts, and is in no plan or state."
  value       = terrace_document_database.this.token_reference
}

output "url" {
  description = "Address of the API of documents."
  value       = terrace_document_database.this.url
}
