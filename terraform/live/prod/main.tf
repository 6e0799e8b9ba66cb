# The cluster for production: nothing else runs in it, and it survives the loss
# of a zone.

locals {
  name       = "treehouse-prod"
  namespaces = ["mlops-housing"]
  tags       = { Project = "treehouse", Environment = "prod", ManagedBy = "terraform" }
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
  nat                = "per_zone"
  ecr_endpoints      = true
  connected_cidrs    = var.hybrid == null ? [] : compact([var.hybrid.site.cidr, try(var.hybrid.peer.cidr, null)])
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

module "models" {
  source = "../../modules/models"
  bucket = "${var.organization}-treehouse-models-prod"
  readers = {
    cluster_name = module.cluster.name
    cluster_arn  = module.cluster.arn
    namespaces   = local.namespaces
  }
  ci        = var.models_ci == null ? null : { oidc_provider_arn = var.models_ci.oidc_provider_arn, repository = var.models_ci.repository, environment = "prod" }
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
  cluster       = "prod"
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

module "hybrid" {
  source = "../../modules/hybrid"
  count  = var.hybrid == null ? 0 : 1
  name   = local.name
  vpc = {
    id              = module.network.vpc_id
    cidr            = module.network.cidr
    subnet_ids      = module.network.private_subnet_ids
    route_table_ids = module.network.private_route_table_ids
  }
  site           = var.hybrid.site
  direct_connect = var.hybrid.direct_connect
  peer           = var.hybrid.peer
}
