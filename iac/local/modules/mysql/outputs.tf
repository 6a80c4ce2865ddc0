output "ca_file" {
  description = "File with the certificate of the authority that has signed the server's, for clients to trust."
  value       = terrace_mysql_database.this.ca_file
}

output "host" {
  description = "Host of the database server."
  value       = terrace_mysql_database.this.host
}

output "port" {
  description = "Port of the database server."
  value       = terrace_mysql_database.this.port
}

output "name" {
  description = "Name of the database, as Score's type mysql has it."
  value       = terrace_mysql_database.this.database
}

output "database" {
  description = "Name of the database."
  value       = terrace_mysql_database.this.database
}

output "username" {
  description = "User name that may use this database only."
  value       = terrace_mysql_database.this.username
}

output "password" {
  description = "Reference to the password; the value is put in where the service starts."
  value       = terrace_mysql_database.this.password_reference
}
