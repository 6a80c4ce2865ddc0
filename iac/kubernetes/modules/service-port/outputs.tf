output "hostname" {
  description = "Host that the other workload's service listens on."
  value       = split(":", local.endpoint)[0]
}

output "port" {
  description = "Port that the other workload's service listens on."
  value       = tonumber(split(":", local.endpoint)[1])
}
