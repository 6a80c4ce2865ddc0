output "host" {
  description = "Host of the broker."
  value       = terrace_topic.this.host
}

output "port" {
  description = "Port of the broker."
  value       = terrace_topic.this.port
}

output "name" {
  description = "Name of the topic."
  value       = terrace_topic.this.name
}

output "url" {
  description = "Address of the broker, without credentials."
  value       = terrace_topic.this.url
}

output "username" {
  description = "User name that may use this topic only."
  value       = terrace_topic.this.username
}

output "password" {
  description = "Reference to the password; the value is put in where the service starts."
  value       = terrace_topic.this.password_reference
}

output "subject" {
  description = "Subject that messages of the topic carry."
  value       = terrace_topic.this.subject
}
