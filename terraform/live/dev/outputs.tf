output "cluster_name" {
  description = "Of the EKS cluster"
  value       = module.cluster.name
}

output "kubeconfig" {
  description = "Command that makes kubectl speak to the cluster"
  value       = "aws eks update-kubeconfig --name ${module.cluster.name} --region ${var.region}"
}

output "models_url" {
  description = "By environment, what the chart predict takes as repository.url"
  value       = { for environment, models in module.models : environment => "${models.repository_url}?region=${var.region}" }
}

output "models_bucket" {
  description = "Names of the buckets of models, by environment"
  value       = { for environment, models in module.models : environment => models.bucket }
}

output "models_writer_role_arn" {
  description = "Roles of the pipeline that publishes models, by environment; null without models_ci"
  value       = { for environment, models in module.models : environment => models.writer_role_arn }
}

output "certificate_arn" {
  description = "What the chart gateway takes as ingress.certificateArn; null without certificate"
  value       = one(module.certificate[*].arn)
}
