output "plane" {
  description = "What obeys the gateway's documents on the stage."
  value       = "Terrace's gateway of the project ${var.project}"
}
