output "ca_file" {
  description = "File with the certificate of the authority that has signed the server's, for clients to trust."
  value       = terrace_cache.this.ca_file
}

output "host" {
  description = "Host that the cache listens on."
  value       = terrace_cache.this.host
}

output "port" {
  description = "Port that the cache listens on."
  value       = terrace_cache.this.port
}

output "username" {
  description = "User name to connect with."
  value       = terrace_cache.this.username
}

output "password" {
  description = "Reference to the password; the value is put in where the service starts."
  value       = terrace_cache.this.password_reference
}

output "tls_port" {
  description = "Port that the cache listens on for TLS."
  value       = terrace_cache.this.tls_port
}
