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
}

variables {
  name   = "test"
  emails = ["on-call@example.com"]
}

run "logs" {
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 30])
    error_message = "logs are kept 30 days"
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == aws_kms_key.this.arn]) && aws_kms_key.this.enable_key_rotation
    error_message = "logs are encrypted with a key that is rotated"
  }
  assert {
    condition     = toset(values(output.log_group_names)) == toset(["/aws/eks/test/cluster", "/aws/containerinsights/test/application", "/aws/containerinsights/test/dataplane", "/aws/containerinsights/test/host", "/aws/containerinsights/test/performance", "/aws/vpc/test/flow"])
    error_message = "each log group that EKS and the add-on write to exists before they do"
  }
}

run "alarms" {
  assert {
    condition     = { for key, alarm in aws_cloudwatch_metric_alarm.cluster : alarm.metric_name => alarm.threshold } == { node_cpu_utilization = 80, node_memory_utilization = 80, cluster_failed_node_count = 0 }
    error_message = "there are alarms on CPU, memory and failed nodes"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.metric_name == "Errors" && strcontains(aws_cloudwatch_log_metric_filter.errors.pattern, "$.log_processed.level = \"ERROR\"")
    error_message = "there is an alarm on errors that are logged"
  }
  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.cluster), [aws_cloudwatch_metric_alarm.errors]) : contains(alarm.alarm_actions, aws_sns_topic.alarms.arn)])
    error_message = "every alarm tells somebody"
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.cluster : alarm.treat_missing_data == "breaching"])
    error_message = "a cluster that reports nothing is alarming"
  }
  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.this.arn && keys(aws_sns_topic_subscription.email) == ["on-call@example.com"]
    error_message = "the topic is encrypted and has its subscriber"
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement.Action == "sns:Publish" && statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "only this account's services publish"
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 5
    error_message = "the dashboard shows nodes, errors and the latest of them"
  }
}

run "key" {
  assert {
    condition     = alltrue([for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Sid == "Account" || can(statement.Condition) && !strcontains(jsonencode(statement.Action), "*")])
    error_message = "services use the key under a condition, by named actions"
  }
}

run "environments" {
  variables {
    namespaces = ["mlops-housing-dev", "mlops-housing-staging"]
  }
  assert {
    condition     = aws_cloudwatch_log_metric_filter.errors.pattern == "{ ($.log_processed.level = \"ERROR\") && ($.kubernetes.namespace_name = \"mlops-housing-dev\" || $.kubernetes.namespace_name = \"mlops-housing-staging\") }"
    error_message = "errors of the environments' namespaces count"
  }
}

run "refuses_an_odd_retention" {
  command = plan
  variables {
    retention_days = 31
  }
  expect_failures = [var.retention_days]
}

run "refuses_a_wrong_address" {
  command = plan
  variables {
    emails = ["on-call"]
  }
  expect_failures = [var.emails]
}

run "refuses_a_percentage_above_100" {
  command = plan
  variables {
    thresholds = { cpu = 800 }
  }
  expect_failures = [var.thresholds]
}

run "refuses_no_namespace" {
  command = plan
  variables {
    namespaces = []
  }
  expect_failures = [var.namespaces]
}
