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
