variable "bucket" {
  description = "Name of the bucket, unique in the world, as in acme-treehouse-models-prod"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$", var.bucket))
    error_message = "bucket: 3 to 50 lower-case letters, digits and hyphens."
  }
}

variable "prefix" {
  description = "Folder of the bucket in which the repository of models is"
  type        = string
  default     = "models"
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9/-]*[a-z0-9]$", var.prefix))
    error_message = "prefix: lower-case letters, digits, hyphens and slashes between them."
  }
}

variable "readers" {
  description = "Pods that read models: clusters by name and ARN, and the namespaces and service account in them"
  type = object({
    cluster_name    = string
    cluster_arn     = string
    namespaces      = list(string)
    service_account = optional(string, "predict")
  })
  validation {
    condition     = length(var.readers.namespaces) > 0
    error_message = "readers.namespaces: at least one."
  }
}

variable "ci" {
  description = "The one pipeline that publishes models: the account's OIDC provider for GitHub Actions, the repository and its environment. Null: nobody writes by this module"
  type        = object({ oidc_provider_arn = string, repository = string, environment = string })
  default     = null
  validation {
    condition     = var.ci == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.ci.repository))
    error_message = "ci.repository: expected owner/name."
  }
  validation {
    condition     = var.ci == null || can(regex("^[A-Za-z0-9_-]+$", var.ci.environment))
    error_message = "ci.environment: expected the name of a GitHub environment."
  }
}

variable "infrequent_access_days" {
  description = "Age in days at which versions move to cheaper storage; S3 wants 30 at least"
  type        = number
  default     = 60
  validation {
    condition     = var.infrequent_access_days >= 30
    error_message = "infrequent_access_days: at least 30."
  }
}

variable "noncurrent_days" {
  description = "How long an overwritten or deleted object can be brought back"
  type        = number
  default     = 365
  validation {
    condition     = var.noncurrent_days > var.infrequent_access_days
    error_message = "noncurrent_days: more than infrequent_access_days."
  }
}

variable "protected" {
  description = "Refuse to destroy the bucket and its key. To destroy them, with every version of every model, apply false first"
  type        = bool
  default     = true
}
