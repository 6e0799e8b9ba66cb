# Values that are refused, each by its variable.
mock_provider "aws" {
  mock_resource "aws_eks_cluster" {
    defaults = { certificate_authority = [{ data = "LS0t" }] }
  }
}

variables {
  name                    = "test"
  vpc_id                  = "vpc-0123"
  private_subnet_ids      = ["subnet-1", "subnet-2", "subnet-3"]
  admins                  = ["arn:aws:iam::123456789012:role/platform"]
  viewers                 = ["arn:aws:iam::123456789012:role/analysts"]
  control_plane_log_group = "/aws/eks/test/cluster"
  protected               = false # else the test could not clean up
}

run "refuses_an_old_kubernetes" {
  command = plan
  variables {
    kubernetes_version = "1.34"
  }
  expect_failures = [var.kubernetes_version]
}

run "refuses_no_admin" {
  command = plan
  variables {
    admins = []
  }
  expect_failures = [var.admins]
}

run "refuses_the_whole_internet" {
  command = plan
  variables {
    api_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.api_cidrs]
}

run "refuses_one_spot_type" {
  command = plan
  variables {
    spot = { types = ["t3.medium"] }
  }
  expect_failures = [var.spot]
}

run "refuses_no_node" {
  command = plan
  variables {
    on_demand = { min = 0 }
  }
  expect_failures = [var.on_demand]
}

run "refuses_an_unknown_addon" {
  command = plan
  variables {
    addon_versions = { kubecost = "v1" }
  }
  expect_failures = [var.addon_versions]
}

run "refuses_another_log_group" {
  command = plan
  variables {
    control_plane_log_group = "/aws/eks/other/cluster"
  }
  expect_failures = [var.control_plane_log_group]
}

run "refuses_one_subnet" {
  command = plan
  variables {
    private_subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.private_subnet_ids]
}
