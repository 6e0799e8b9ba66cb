output "argocd_namespace" {
  description = "Where Argo CD runs"
  value       = helm_release.argocd.namespace
}
