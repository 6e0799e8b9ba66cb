variable "name" {
  description = "Prefix of every resource's name, as in treehouse-prod"
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name: 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "vpc" {
  description = "The VPC that is connected: id, range, a subnet a zone, and the route tables of what shall reach the other side"
  type        = object({ id = string, cidr = string, subnet_ids = list(string), route_table_ids = map(string) })
  validation {
    condition     = can(cidrhost(var.vpc.cidr, 0)) && length(var.vpc.subnet_ids) > 0
    error_message = "vpc: a range and at least one subnet."
  }
}

variable "site" {
  description = "The other side: its range, its router's public address and AS number, and the ARN of the certificate, by a private CA, that the router proves itself with. No pre-shared key is in the state"
  type        = object({ cidr = string, address = string, asn = number, certificate_arn = string })
  validation {
    condition     = can(cidrhost(var.site.cidr, 0)) && var.site.cidr != "0.0.0.0/0"
    error_message = "site.cidr: expected an IPv4 range that is not everything."
  }
  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$", var.site.address))
    error_message = "site.address: expected an IPv4 address."
  }
  validation {
    condition     = var.site.asn >= 64512 && var.site.asn <= 65534
    error_message = "site.asn: a private AS number, 64512 to 65534."
  }
  validation {
    condition     = startswith(var.site.certificate_arn, "arn:")
    error_message = "site.certificate_arn: expected the ARN of a certificate; a VPN without one would put its keys into the state."
  }
}

variable "aws_asn" {
  description = "AS number of the transit gateway"
  type        = number
  default     = 64512
  validation {
    condition     = var.aws_asn >= 64512 && var.aws_asn <= 65534 && var.aws_asn != var.site.asn
    error_message = "aws_asn: a private AS number other than the site's."
  }
}

variable "direct_connect" {
  description = "An ordered Direct Connect connection and the VLAN on it; null: the VPN alone"
  type        = object({ connection_id = string, vlan = number, asn = optional(number, 64513) })
  default     = null
  validation {
    condition     = var.direct_connect == null || try(var.direct_connect.vlan >= 1 && var.direct_connect.vlan <= 4094, false)
    error_message = "direct_connect.vlan: 1 to 4094."
  }
}

variable "peer" {
  description = "A VPC of the same account and region to peer with, as that of a data warehouse: id, range, its route tables; null: none"
  type        = object({ vpc_id = string, cidr = string, route_table_ids = map(string) })
  default     = null
  validation {
    condition     = var.peer == null || try(var.peer.cidr != var.vpc.cidr, false)
    error_message = "peer.cidr: other than the VPC's; ranges that overlap cannot be peered."
  }
}
