terraform {
  required_version = ">= 1.12"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1, < 4"
    }
  }

  # The bucket is the one that terraform/bootstrap makes:
  # tofu init -backend-config=bucket=… -backend-config=region=…
  backend "s3" {
    key          = "prod/terraform.tfstate"
    encrypt      = true
    use_lockfile = true # S3's own conditional writes lock; no table is needed
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = local.tags
  }
}

# A token for each run, by the AWS CLI: none is in the configuration or the state.
provider "helm" {
  kubernetes = {
    host                   = module.cluster.endpoint
    cluster_ca_certificate = base64decode(module.cluster.certificate_authority)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "aws"
      args        = ["eks", "get-token", "--cluster-name", module.cluster.name, "--region", var.region]
    }
  }
}
