output "url" {
  description = "Address under which the route answers, with scheme, host, port and path."
  value       = terrace_route.this.url
}

output "host" {
  description = "Host name of the route."
  value       = terrace_route.this.host
}
