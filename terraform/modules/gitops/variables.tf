variable "cluster" {
  description = "Which of argocd/clusters this cluster follows, as in dev or prod"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.cluster))
    error_message = "cluster: the name of a file in argocd/clusters, without .yaml."
  }
}

variable "repository" {
  description = "This repository, or your fork of it: https URL and the branch that is followed. A private one needs a Secret of Argo CD, made by hand, so that no token is in the state"
  type        = object({ url = string, revision = optional(string, "main") })
  validation {
    condition     = can(regex("^https://[^@ ]+$", var.repository.url))
    error_message = "repository.url: an https URL, with no user or token in it."
  }
}

variable "aws" {
  description = "What the controllers of AWS are told: name of the EKS cluster, region, VPC"
  type        = object({ cluster_name = string, region = string, vpc_id = string })
  validation {
    condition     = startswith(var.aws.vpc_id, "vpc-")
    error_message = "aws.vpc_id: expected the id of a VPC, as in vpc-0123."
  }
}

variable "argocd_chart_version" {
  description = "Version of the chart argo-cd, exact"
  type        = string
  default     = "10.8.0"
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.argocd_chart_version))
    error_message = "argocd_chart_version: an exact version, as in 10.8.0."
  }
}

variable "argocd_values" {
  description = "Values of the chart argo-cd in YAML; those of the repository are argocd/values/argo-cd.yaml"
  type        = string
  default     = ""
  validation {
    condition     = can(yamldecode(var.argocd_values)) || var.argocd_values == ""
    error_message = "argocd_values: expected YAML."
  }
}

variable "root_chart" {
  description = "Path of the chart argocd/root of this repository"
  type        = string
}
