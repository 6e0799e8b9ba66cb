variable "name" {
  description = "Name of the cluster, as in treehouse-prod"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name: 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of the control plane and the nodes, as in 1.36"
  type        = string
  default     = "1.36"
  validation {
    condition     = can(regex("^1\\.(3[5-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version: 1.35 or newer, as in 1.36; older ones are, or soon will be, out of standard support."
  }
}

variable "vpc_id" {
  description = "VPC of the cluster; the load balancer controller may act in this one only"
  type        = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id: expected the id of a VPC, as in vpc-0123."
  }
}

variable "private_subnet_ids" {
  description = "Subnets of the control plane's interfaces and of all nodes, in two zones at least"
  type        = list(string)
  validation {
    condition     = length(distinct(var.private_subnet_ids)) >= 2
    error_message = "private_subnet_ids: at least two, in different zones."
  }
}

variable "admins" {
  description = "ARNs of the IAM roles that administer the cluster; whoever applies must be one of them"
  type        = list(string)
  validation {
    condition     = length(var.admins) > 0 && alltrue([for arn in var.admins : can(regex("^arn:[^:]+:iam::[0-9]{12}:(role|user)/", arn))])
    error_message = "admins: at least one ARN of an IAM role or user; nobody else gets in."
  }
}

variable "viewers" {
  description = "ARNs of the IAM roles that may look at everything but secrets"
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.viewers : can(regex("^arn:[^:]+:iam::[0-9]{12}:(role|user)/", arn))])
    error_message = "viewers: expected ARNs of IAM roles or users."
  }
}

variable "api_cidrs" {
  description = "Ranges from which the API server is reached over the internet; empty: from inside the VPC only"
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for cidr in var.api_cidrs : can(cidrhost(cidr, 0)) && tonumber(split("/", cidr)[1]) >= 16])
    error_message = "api_cidrs: IPv4 ranges of 16 bits or more; the whole internet is no range."
  }
}

variable "on_demand" {
  description = "The group that is always there: instance types, least and most nodes"
  type = object({
    types = optional(list(string), ["t3.medium"])
    min   = optional(number, 2)
    max   = optional(number, 10)
  })
  default = {}
  validation {
    condition     = var.on_demand.min >= 1 && var.on_demand.max >= var.on_demand.min && var.on_demand.max <= 100
    error_message = "on_demand: 1 <= min <= max <= 100."
  }
}

variable "spot" {
  description = "The group that is cheap and may go at two minutes' notice: instance types, at least two so that one of them is to be had, and most nodes"
  type = object({
    types = optional(list(string), ["t3.medium", "t3.large"])
    max   = optional(number, 5)
  })
  default = {}
  validation {
    condition     = length(distinct(var.spot.types)) >= 2
    error_message = "spot.types: at least two instance types."
  }
  validation {
    condition     = var.spot.max >= 1 && var.spot.max <= 100
    error_message = "spot.max: 1 to 100."
  }
}

variable "node_disk_gib" {
  description = "Root disk of a node in GiB: images, logs, and the models that predict caches"
  type        = number
  default     = 50
  validation {
    condition     = var.node_disk_gib >= 20 && var.node_disk_gib <= 1000
    error_message = "node_disk_gib: 20 to 1000."
  }
}

variable "fargate_namespaces" {
  description = "Namespaces whose pods run on Fargate instead of nodes; empty: no profile. DaemonSets, and so the collector of logs, do not reach them"
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.fargate_namespaces) <= 5
    error_message = "fargate_namespaces: a profile has five selectors at most."
  }
}

variable "addon_versions" {
  description = "Versions of EKS add-ons by name; one that is not named gets EKS's default for the Kubernetes version"
  type        = map(string)
  default     = {}
  validation {
    condition     = length(setsubtract(keys(var.addon_versions), ["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "amazon-cloudwatch-observability"])) == 0
    error_message = "addon_versions: there are vpc-cni, kube-proxy, coredns, eks-pod-identity-agent, aws-ebs-csi-driver, amazon-cloudwatch-observability."
  }
}

variable "protected" {
  description = "Refuse to destroy the cluster and the key of its secrets. To destroy them, apply false first"
  type        = bool
  default     = true
  nullable    = false
}

variable "control_plane_log_group" {
  description = "Name of the log group of the control plane, /aws/eks/<name>/cluster; it must exist first, or EKS makes one that keeps for ever"
  type        = string
  validation {
    condition     = var.control_plane_log_group == "/aws/eks/${var.name}/cluster"
    error_message = "control_plane_log_group: EKS writes to /aws/eks/<name>/cluster and nowhere else."
  }
}
