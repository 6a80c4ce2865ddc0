output "resource_id" {
  description = "Id of the set of the platform's controls."
  value       = local.controls_set_id
}

output "name" {
  description = "Name of the set of the platform's controls."
  value       = "${var.name}-controls"
}

output "policy_definition_ids" {
  description = "Ids of the policies, by the key of their control."
  value       = local.control_definitions
}

output "assignment_ids" {
  description = "Ids of the assignments: controls, locations, each standard by its name, and those of assignments by their keys."
  value       = local.assignment_ids
}

output "controls" {
  description = "The table of controls: title, severity and control ids of each."
  value       = { for key, control in local.controls : key => { title = control.title, severity = control.severity, frameworks = control.frameworks } }
}
