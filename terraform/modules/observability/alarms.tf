# Alarms on what Container Insights measures, and on errors that services log.

locals {
  from_namespaces  = join(" || ", [for namespace in var.namespaces : "$.kubernetes.namespace_name = \"${namespace}\""])
  errors_namespace = "Treehouse/${var.name}"
  cluster_alarms = {
    cpu    = { metric = "node_cpu_utilization", threshold = var.thresholds.cpu, what = "nodes' CPU, percent" }
    memory = { metric = "node_memory_utilization", threshold = var.thresholds.memory, what = "nodes' memory, percent" }
    failed = { metric = "cluster_failed_node_count", threshold = 0, what = "failed nodes" }
  }
}

resource "aws_cloudwatch_metric_alarm" "cluster" {
  for_each            = local.cluster_alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.what}, above ${each.value.threshold} for 15 minutes"
  namespace           = "ContainerInsights"
  metric_name         = each.value.metric
  dimensions          = { ClusterName = var.name }
  statistic           = "Average"
  period              = 300 # seconds
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "breaching" # no metrics is an alarm, too
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Services log JSON; the add-on's collector puts its fields below log_processed.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "${var.name}-errors"
  log_group_name = aws_cloudwatch_log_group.this["application"].name
  pattern        = "{ ($.log_processed.level = \"ERROR\") && (${local.from_namespaces}) }"
  metric_transformation {
    namespace     = local.errors_namespace
    name          = "Errors"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "log lines of level ERROR, above ${var.thresholds.errors} in 5 minutes"
  namespace           = local.errors_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.errors.metric_transformation[0].name
  statistic           = "Sum"
  period              = 300 # seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.errors
  treat_missing_data  = "notBreaching" # no lines, no errors
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [for i, key in sort(keys(local.cluster_alarms)) : {
        type   = "metric"
        x      = 8 * i
        y      = 0
        width  = 8
        height = 6
        properties = {
          title   = local.cluster_alarms[key].what
          region  = local.region
          stat    = "Average"
          period  = 300
          metrics = [["ContainerInsights", local.cluster_alarms[key].metric, "ClusterName", var.name]]
        }
      }],
      [{
        type   = "metric"
        x      = 0
        y      = 6
        width  = 12
        height = 6
        properties = {
          title   = "errors logged, in 5 minutes"
          region  = local.region
          stat    = "Sum"
          period  = 300
          metrics = [[local.errors_namespace, "Errors"]]
        }
        }, {
        type   = "log"
        x      = 12
        y      = 6
        width  = 12
        height = 6
        properties = {
          title  = "the latest errors"
          region = local.region
          query  = "SOURCE '${local.groups["application"]}' | fields @timestamp, kubernetes.pod_name, log_processed.msg | filter log_processed.level = 'ERROR' | sort @timestamp desc | limit 20"
        }
      }],
    )
  })
}
