output "name" {
  description = "Name of the service."
  value       = terrace_service.this.name
}

output "endpoint" {
  description = "Addresses that the service listens on, by the name of the port, each host:port."
  value       = terrace_service.this.endpoints
}

output "status" {
  description = "What the target last said about the service, such as running."
  value       = terrace_service.this.status
}
