# What the modules' own tests cannot see: that they are put together right.
mock_provider "helm" {}

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-west-2" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = { domain_validation_options = [{ domain_name = "housing.example.com", resource_record_name = "_a.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.example.com." }] }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-west-2:123456789012:log-group:test" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-west-2:123456789012:test" }
  }
  mock_resource "aws_eks_cluster" {
    defaults = { arn = "arn:aws:eks:us-west-2:123456789012:cluster/test", certificate_authority = [{ data = "LS0t" }] }
  }
}

# A mock gives every subnet the same id, and a cluster needs two.
override_module {
  target = module.network
  outputs = {
    vpc_id             = "vpc-0123"
    cidr               = "10.0.0.0/16"
    private_subnet_ids = ["subnet-private-a", "subnet-private-b", "subnet-private-c"]
    public_subnet_ids  = ["subnet-public-a", "subnet-public-b", "subnet-public-c"]
    private_route_table_ids = {
      us-west-2a = "rtb-a"
    }
    nat_addresses = []
  }
}

variables {
  organization   = "acme"
  admins         = ["arn:aws:iam::123456789012:role/platform"]
  repository_url = "https://github.com/acme/treehouse.git"
  protected      = false # else the test could not clean up
}

run "outputs" {
  assert {
    condition     = output.models_url == { prod = "s3://acme-treehouse-models-prod/models?region=us-west-2" }
    error_message = "the URL is what the chart predict takes"
  }
  assert {
    condition     = output.kubeconfig == "aws eks update-kubeconfig --name treehouse-prod --region us-west-2"
    error_message = "the cluster is treehouse-prod"
  }
  assert {
    condition     = output.certificate_arn == null && output.models_writer_role_arn.prod == null
    error_message = "nothing that was not asked for"
  }
}

run "with_a_name" {
  command = plan
  variables {
    certificate = { domain = "housing.example.com", zone_id = "Z0123456789ABC" }
  }
}

run "refuses_a_name_with_spaces" {
  command = plan
  variables {
    organization = "Acme Inc."
  }
  expect_failures = [var.organization]
}

run "hybrid" {
  command = plan
  variables {
    hybrid = {
      site           = { cidr = "192.168.0.0/16", address = "198.51.100.1", asn = 65000, certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/test" }
      direct_connect = { connection_id = "dxcon-0123", vlan = 100 }
    }
  }
}
