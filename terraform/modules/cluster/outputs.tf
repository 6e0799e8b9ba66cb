output "name" {
  description = "Of the cluster"
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "Of the cluster; roles of pods name it in their trust"
  value       = aws_eks_cluster.this.arn
}

output "endpoint" {
  description = "URL of the API server"
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "Certificate that the API server is known by, in base64; public"
  value       = aws_eks_cluster.this.certificate_authority[0].data
}

output "security_group_id" {
  description = "Security group that EKS made for the control plane and the nodes"
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "node_role_arn" {
  description = "Role of the nodes"
  value       = aws_iam_role.node.arn
}
