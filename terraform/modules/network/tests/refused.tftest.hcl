# Values that are refused, each by its variable.
mock_provider "aws" {}

variables {
  name               = "test"
  region             = "us-west-2"
  zones              = ["us-west-2a", "us-west-2b", "us-west-2c"]
  flow_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/vpc/test/flow"
}

run "refuses_to_connect_everything" {
  command = plan
  variables {
    connected_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.connected_cidrs]
}

run "refuses_a_small_range" {
  command = plan
  variables {
    cidr = "10.0.0.0/24"
  }
  expect_failures = [var.cidr]
}

run "refuses_one_zone" {
  command = plan
  variables {
    zones = ["us-west-2a"]
  }
  expect_failures = [var.zones]
}

run "refuses_zones_of_another_region" {
  command = plan
  variables {
    zones = ["us-west-2a", "us-east-1b"]
  }
  expect_failures = [var.zones]
}

run "refuses_an_unknown_nat" {
  command = plan
  variables {
    nat = "instance"
  }
  expect_failures = [var.nat]
}

run "refuses_a_name_that_is_no_arn" {
  command = plan
  variables {
    flow_log_group_arn = "/aws/vpc/test/flow"
  }
  expect_failures = [var.flow_log_group_arn]
}
