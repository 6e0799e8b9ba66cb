variable "name" {
  description = "Name of the cluster; prefix of every resource's name"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name: 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "retention_days" {
  description = "How long log groups keep lines"
  type        = number
  default     = 30
  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.retention_days)
    error_message = "retention_days: one of 7, 14, 30, 60, 90, 180, 365."
  }
}

variable "emails" {
  description = "Addresses that alarms are sent to; each must confirm by the mail it gets"
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "emails: expected mail addresses."
  }
}

variable "namespaces" {
  description = "Namespaces of Kubernetes whose errors are counted"
  type        = list(string)
  default     = ["mlops-housing"]
  validation {
    condition     = length(var.namespaces) > 0 && alltrue([for namespace in var.namespaces : can(regex("^[a-z0-9-]+$", namespace))])
    error_message = "namespaces: at least one name of a namespace."
  }
}

variable "thresholds" {
  description = "What alarms start at: cpu and memory in percent of the nodes, for 15 minutes; errors in log lines, in 5 minutes"
  type        = object({ cpu = optional(number, 80), memory = optional(number, 80), errors = optional(number, 10) })
  default     = {}
  validation {
    condition     = var.thresholds.cpu > 0 && var.thresholds.cpu <= 100 && var.thresholds.memory > 0 && var.thresholds.memory <= 100
    error_message = "thresholds: cpu and memory are percentages above 0."
  }
  validation {
    condition     = var.thresholds.errors >= 1
    error_message = "thresholds: errors is a number of lines, at least 1."
  }
}
