variable "name" {
  description = "Prefix of every resource's name, as in treehouse-prod"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name: 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "monthly_usd" {
  description = "Most that a month may cost, in US dollars"
  type        = number
  validation {
    condition     = var.monthly_usd > 0
    error_message = "monthly_usd: above 0."
  }
}

variable "tag" {
  description = "Key and value of the tag whose costs count; every resource has it by the provider's default tags"
  type        = object({ key = string, value = string })
  validation {
    condition     = length(var.tag.key) > 0 && length(var.tag.value) > 0
    error_message = "tag: key and value."
  }
}

variable "topic_arn" {
  description = "SNS topic that is told"
  type        = string
  validation {
    condition     = can(regex("^arn:[^:]+:sns:", var.topic_arn))
    error_message = "topic_arn: expected the ARN of an SNS topic."
  }
}

variable "cost_allocation_tags" {
  description = "Tags to show in bills. Only the account that pays can turn them on, and only a day after a resource first had them; leave empty until then"
  type        = list(string)
  default     = []
  validation {
    condition     = length(distinct(var.cost_allocation_tags)) == length(var.cost_allocation_tags)
    error_message = "cost_allocation_tags: each once."
  }
}

variable "anomaly_usd" {
  description = "How many US dollars above what is usual an anomaly must be to be told"
  type        = number
  default     = 20
  validation {
    condition     = var.anomaly_usd > 0
    error_message = "anomaly_usd: above 0."
  }
}
