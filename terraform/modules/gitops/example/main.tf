terraform {
  required_version = ">= 1.12"
}

module "gitops" {
  source = "../"

  cluster    = "dev"
  repository = { url = "https://github.com/example/treehouse.git" }
  aws        = { cluster_name = "example", region = "us-west-2", vpc_id = "vpc-0123456789abcdef0" }
  root_chart = "../../../../argocd/root"
}
