variable "region" {
  description = "AWS region"
  type        = string
  default     = "us-west-2"
}

variable "zones" {
  description = "Availability zones of the region, two or three"
  type        = list(string)
  default     = ["us-west-2a", "us-west-2b", "us-west-2c"]
}

variable "organization" {
  description = "Short name that makes the bucket's name unique in the world"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,15}$", var.organization))
    error_message = "organization: 2 to 16 lower-case letters, digits and hyphens."
  }
}

variable "admins" {
  description = "ARNs of the IAM roles that administer the cluster; whoever applies must be one of them"
  type        = list(string)
}

variable "viewers" {
  description = "ARNs of the IAM roles that may look"
  type        = list(string)
  default     = []
}

variable "api_cidrs" {
  description = "Ranges from which the API server is reached, that of whoever applies among them; empty: from inside the VPC only"
  type        = list(string)
  default     = []
}

variable "repository_url" {
  description = "https URL of your fork of this repository, which Argo CD follows"
  type        = string
}

variable "emails" {
  description = "Addresses that alarms and budgets are sent to"
  type        = list(string)
  default     = []
}

variable "models_ci" {
  description = "The pipeline that publishes models: the account's OIDC provider for GitHub Actions and a repository, whose environments are named as ours. Null: none"
  type        = object({ oidc_provider_arn = string, repository = string })
  default     = null
}

variable "certificate" {
  description = "Name that clients call and the hosted zone it is in; null: the load balancer speaks HTTP only"
  type        = object({ domain = string, zone_id = string })
  default     = null
}

variable "monthly_usd" {
  description = "Budget of a month in US dollars"
  type        = number
  default     = 700
}

variable "hybrid" {
  description = "The site that is connected by VPN and, where it has one, Direct Connect, and a VPC to peer with; see modules/hybrid. Null: none"
  type = object({
    site           = object({ cidr = string, address = string, asn = number, certificate_arn = string })
    direct_connect = optional(object({ connection_id = string, vlan = number }))
    peer           = optional(object({ vpc_id = string, cidr = string, route_table_ids = map(string) }))
  })
  default = null
}

variable "protected" {
  description = "Refuse to destroy the cluster, the models and their keys. To destroy them, apply false first"
  type        = bool
  default     = true
}
