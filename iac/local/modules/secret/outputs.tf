output "name" {
  description = "Name of the secret."
  value       = terrace_secret.this.name
}

output "value" {
  description = "Reference to the secret's value. The value itself is put in where the service starts, and is in no plan or state."
  value       = terrace_secret.this.reference
}
