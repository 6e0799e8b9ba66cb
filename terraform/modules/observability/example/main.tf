# The logs and alarms of a cluster with two environments.

terraform {
  required_version = ">= 1.12"
}

module "observability" {
  source = "../"

  name       = "example"
  emails     = ["on-call@example.com"]
  namespaces = ["mlops-housing-dev", "mlops-housing-staging"]
  thresholds = { errors = 50 }
}
