terraform {
  required_version = ">= 1.12"
}

module "budget" {
  source = "../"

  name        = "example"
  monthly_usd = 300
  tag         = { key = "Environment", value = "example" }
  topic_arn   = "arn:aws:sns:us-west-2:123456789012:example-alarms"
}
