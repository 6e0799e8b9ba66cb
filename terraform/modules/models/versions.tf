terraform {
  required_version = ">= 1.12" # OpenTofu; prevent_destroy takes a variable since then
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
}
