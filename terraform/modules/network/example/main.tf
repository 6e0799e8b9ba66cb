# A VPC for production: a NAT gateway a zone, ECR inside the VPC.

terraform {
  required_version = ">= 1.12"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
}

resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_158:an example; observability makes the real one, with a key
  #checkov:skip=CKV_AWS_338:30 days, as the platform specifies
  name              = "/aws/vpc/example/flow"
  retention_in_days = 30
}

module "network" {
  source = "../"

  name               = "example"
  region             = "us-west-2"
  zones              = ["us-west-2a", "us-west-2b", "us-west-2c"]
  flow_log_group_arn = aws_cloudwatch_log_group.flow.arn
}
