variable "name" {
  description = "Prefix of every resource's name, as in treehouse-prod; also the name of the cluster that subnets are tagged for"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name: 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region, as in us-west-2"
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: expected an AWS region, as in us-west-2."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC, a /16; its /24s 1, 2, 3 become private subnets and 101, 102, 103 public ones"
  type        = string
  default     = "10.0.0.0/16"
  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr: expected an IPv4 range of 16 bits, as in 10.0.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, two or three of the region, each with a public and a private subnet"
  type        = list(string)
  validation {
    condition     = contains([2, 3], length(var.zones)) && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones: two or three different zones; EKS needs two."
  }
  validation {
    condition     = alltrue([for zone in var.zones : startswith(zone, var.region)])
    error_message = "zones: each must be a zone of the region."
  }
}

variable "nat" {
  description = "NAT gateways: single is cheaper, per_zone survives the loss of a zone and pays nothing for traffic between zones"
  type        = string
  default     = "per_zone"
  validation {
    condition     = contains(["single", "per_zone"], var.nat)
    error_message = "nat: single or per_zone."
  }
}

variable "connected_cidrs" {
  description = "Ranges of other networks, as of modules/hybrid, that may speak to the VPC; security groups decide to what"
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.connected_cidrs) <= 9 && alltrue([for cidr in var.connected_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "connected_cidrs: nine IPv4 ranges at most, none of them everything."
  }
}

variable "ecr_endpoints" {
  description = "Pull images from ECR inside the VPC rather than through NAT; two interface endpoints a zone, paid by the hour"
  type        = bool
  default     = true
}

variable "flow_log_group_arn" {
  description = "CloudWatch log group that flow logs go to"
  type        = string
  validation {
    condition     = can(regex("^arn:[^:]+:logs:", var.flow_log_group_arn))
    error_message = "flow_log_group_arn: expected the ARN of a CloudWatch log group."
  }
}
