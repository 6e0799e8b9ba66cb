# Models that predict of one cluster reads and one repository's workflow adds.

terraform {
  required_version = ">= 1.12"
}

module "models" {
  source = "../"

  bucket = "example-treehouse-models"
  readers = {
    cluster_name = "example"
    cluster_arn  = "arn:aws:eks:us-west-2:123456789012:cluster/example"
    namespaces   = ["mlops-housing"]
  }
  ci = {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    repository        = "example/models"
    environment       = "prod"
  }
}
