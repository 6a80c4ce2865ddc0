output "host" {
  description = "Host name without a trailing dot, as routes and clients use it."
  value       = trimsuffix(terrace_dns_record.this.fqdn, ".")
}

output "fqdn" {
  description = "Fully qualified name of the record."
  value       = terrace_dns_record.this.fqdn
}
