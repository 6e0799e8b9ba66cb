mock_provider "aws" {}

variables {
  name        = "test"
  monthly_usd = 350
  tag         = { key = "Environment", value = "dev" }
  topic_arn   = "arn:aws:sns:us-west-2:123456789012:test-alarms"
}

run "tells_before_the_money_is_gone" {
  assert {
    condition     = aws_budgets_budget.this.limit_amount == "350" && join(",", one(aws_budgets_budget.this.cost_filter).values) == "user:Environment$dev"
    error_message = "the budget is of the environment's tag"
  }
  assert {
    condition     = { for notification in aws_budgets_budget.this.notification : notification.notification_type => notification.threshold } == { ACTUAL = 80, FORECASTED = 100 }
    error_message = "at 80 % spent and at 100 % forecast"
  }
  assert {
    condition     = alltrue([for notification in aws_budgets_budget.this.notification : notification.subscriber_sns_topic_arns == toset([var.topic_arn])]) && one(aws_ce_anomaly_subscription.this.subscriber).address == var.topic_arn
    error_message = "by the topic of alarms"
  }
  assert {
    condition     = length(aws_ce_cost_allocation_tag.this) == 0
    error_message = "tags are turned on by the account that pays"
  }
}

run "cost_allocation" {
  variables {
    cost_allocation_tags = ["Project", "Environment"]
  }
  assert {
    condition     = alltrue([for tag in aws_ce_cost_allocation_tag.this : tag.status == "Active"]) && length(aws_ce_cost_allocation_tag.this) == 2
    error_message = "bills show the tags"
  }
}

run "refuses_nothing" {
  command = plan
  variables {
    monthly_usd = 0
  }
  expect_failures = [var.monthly_usd]
}

run "refuses_a_queue" {
  command = plan
  variables {
    topic_arn = "arn:aws:sqs:us-west-2:123456789012:queue"
  }
  expect_failures = [var.topic_arn]
}
