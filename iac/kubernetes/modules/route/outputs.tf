output "url" {
  description = "Address under which the route answers, with scheme, host and path."
  value       = local.url
}

output "host" {
  description = "Host name of the route."
  value       = var.host
}
