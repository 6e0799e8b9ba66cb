# The only two things in the cluster that do not come from Git: Argo CD, and the
# root application that tells it where Git is.

resource "helm_release" "argocd" {
  name             = "argocd"
  namespace        = "argocd"
  create_namespace = true
  repository       = "https://argoproj.github.io/argo-helm"
  chart            = "argo-cd"
  version          = var.argocd_chart_version
  values           = var.argocd_values == "" ? [] : [var.argocd_values]
  wait             = true
  timeout          = 600 # seconds
}

# The chart's bootstrap alone: the application and its project. Before this is
# destroyed the application is deleted (README), so that Argo CD takes down what
# it made: the load balancer would outlive the cluster, and hold the VPC.
resource "helm_release" "root" {
  name      = "root"
  namespace = helm_release.argocd.namespace
  chart     = var.root_chart
  wait      = true
  timeout   = 900 # seconds
  values = [yamlencode({
    bootstrap = true
    cluster   = var.cluster
    repoURL   = var.repository.url
    revision  = var.repository.revision
    aws       = { clusterName = var.aws.cluster_name, region = var.aws.region, vpcId = var.aws.vpc_id }
  })]
  depends_on = [helm_release.argocd]
}
