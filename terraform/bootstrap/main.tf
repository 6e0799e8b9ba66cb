# Once an account, before anything else, by hand, with its state in this folder:
# the bucket that the other states are in, EBS encryption by default, and the
# trust in GitHub Actions. `tofu import` brings it back should the state be lost.

terraform {
  required_version = ">= 1.12"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = "treehouse", Environment = "shared", ManagedBy = "terraform" }
  }
}

variable "region" {
  description = "AWS region of the bucket, and of the volumes that are encrypted by default"
  type        = string
  default     = "us-west-2"
}

variable "bucket" {
  description = "Name of the bucket of states, unique in the world"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket: 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "github" {
  description = "Trust workflows of GitHub Actions; false where the account does already"
  type        = bool
  default     = true
}

resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:CloudTrail tells who reads states
  #checkov:skip=CKV_AWS_144:versions bring a state back; one region is enough for it
  #checkov:skip=CKV2_AWS_62:nothing listens
  #checkov:skip=CKV2_AWS_61:every version of a state is kept; they are small
  #checkov:skip=CKV_AWS_145:sealed with S3's own keys: a key of ours would itself need a state
  bucket = var.bucket
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # nobody, by whatever right, without TLS
      Sid       = "OnlyTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  depends_on = [aws_s3_bucket_public_access_block.state]
}

# Volumes of pods, and any other, in this account and region.
resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.github ? 1 : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

output "bucket" {
  description = "For tofu init -backend-config=bucket=…"
  value       = aws_s3_bucket.state.id
}

output "github_oidc_provider_arn" {
  description = "For models_ci.oidc_provider_arn; null where github is false"
  value       = one(aws_iam_openid_connect_provider.github[*].arn)
}
