output "name" {
  description = "Name of the workload."
  value       = terrace_kubernetes_workload.this.name
}

output "endpoint" {
  description = "Addresses within the cluster, by the name of the port, each host:port."
  value       = terrace_kubernetes_workload.this.endpoints
}

output "status" {
  description = "What was last said about the workload: committed, once the repository has its manifests."
  value       = terrace_kubernetes_workload.this.status
}

output "namespace" {
  description = "Namespace of the workload."
  value       = terrace_kubernetes_workload.this.namespace
}

output "repository" {
  description = "Git repository that has the manifests."
  value       = terrace_kubernetes_workload.this.repository
}

output "folder" {
  description = "Folder of the manifests in the repository."
  value       = terrace_kubernetes_workload.this.folder
}

output "commit" {
  description = "Commit that has the manifests."
  value       = terrace_kubernetes_workload.this.commit
}

output "notes" {
  description = "What the cluster must have that is not in the repository."
  value       = terrace_kubernetes_workload.this.notes
}
