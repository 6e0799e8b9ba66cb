# The cluster for development: dev and staging side by side. One NAT gateway, no
# interface endpoints, and it can be destroyed.

locals {
  name       = "treehouse-dev"
  namespaces = ["mlops-housing-dev", "mlops-housing-staging"]
  tags       = { Project = "treehouse", Environment = "dev", ManagedBy = "terraform" }
}

module "observability" {
  source     = "../../modules/observability"
  name       = local.name
  emails     = var.emails
  namespaces = local.namespaces
}

module "network" {
  source             = "../../modules/network"
  name               = local.name
  region             = var.region
  zones              = var.zones
  nat                = "single"
  ecr_endpoints      = false
  flow_log_group_arn = module.observability.log_group_arns["flow"]
}

module "cluster" {
  source                  = "../../modules/cluster"
  name                    = local.name
  vpc_id                  = module.network.vpc_id
  private_subnet_ids      = module.network.private_subnet_ids
  admins                  = var.admins
  viewers                 = var.viewers
  api_cidrs               = var.api_cidrs
  control_plane_log_group = module.observability.log_group_names["control-plane"]
  protected               = var.protected
}

# A bucket an environment; each is read from its own namespace only.
module "models" {
  source   = "../../modules/models"
  for_each = toset(["dev", "staging"])
  bucket   = "${var.organization}-treehouse-models-${each.key}"
  readers = {
    cluster_name = module.cluster.name
    cluster_arn  = module.cluster.arn
    namespaces   = ["mlops-housing-${each.key}"]
  }
  ci        = var.models_ci == null ? null : { oidc_provider_arn = var.models_ci.oidc_provider_arn, repository = var.models_ci.repository, environment = each.key }
  protected = var.protected
}

module "certificate" {
  source  = "../../modules/certificate"
  count   = var.certificate == null ? 0 : 1
  domain  = var.certificate.domain
  zone_id = var.certificate.zone_id
}

module "budget" {
  source      = "../../modules/budget"
  name        = local.name
  monthly_usd = var.monthly_usd
  tag         = { key = "Environment", value = local.tags.Environment }
  topic_arn   = module.observability.topic_arn
}

# Last, when the cluster is whole; removed first.
module "gitops" {
  source        = "../../modules/gitops"
  cluster       = "dev"
  repository    = { url = var.repository_url }
  argocd_values = file("${path.module}/../../../argocd/values/argo-cd.yaml")
  root_chart    = "${path.module}/../../../argocd/root"
  aws = {
    cluster_name = module.cluster.name
    region       = var.region
    vpc_id       = module.network.vpc_id
  }
  depends_on = [module.cluster, module.models]
}
