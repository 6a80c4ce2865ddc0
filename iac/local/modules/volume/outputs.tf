output "source" {
  description = "What a container's volume names as its source."
  value       = terrace_volume.this.path
}

output "path" {
  description = "Folder of the volume on the machine that runs the service."
  value       = terrace_volume.this.path
}
