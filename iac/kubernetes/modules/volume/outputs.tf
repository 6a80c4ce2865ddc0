output "source" {
  description = "What a container's volume names as its source."
  value       = local.source
}

output "path" {
  description = "Empty: a claim has no folder outside of the containers that mount it."
  value       = ""
}
