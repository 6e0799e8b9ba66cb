output "log_group_arns" {
  description = "By use: control-plane, application, dataplane, host, performance, flow"
  value       = { for use, group in aws_cloudwatch_log_group.this : use => group.arn }
}

output "log_group_names" {
  description = "By use, as log_group_arns"
  value       = { for use, group in aws_cloudwatch_log_group.this : use => group.name }
}

output "topic_arn" {
  description = "SNS topic of alarms; budgets may publish to it, too"
  value       = aws_sns_topic.alarms.arn
}
