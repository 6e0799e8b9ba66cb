variable "domain" {
  description = "Name that clients call, as in housing.example.com"
  type        = string
  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain: expected a full name without a wildcard, as in housing.example.com."
  }
}

variable "alternative_names" {
  description = "Further names of the same certificate, in the same zone"
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.alternative_names : can(regex("^(\\*\\.)?([a-z0-9-]+\\.)+[a-z]{2,}$", name))])
    error_message = "alternative_names: expected full names."
  }
}

variable "zone_id" {
  description = "Public hosted zone of Route 53 in which the names are; the certificate is proven, and renewed, by records there"
  type        = string
  validation {
    condition     = can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id: expected the id of a hosted zone, as in Z0123456789ABC."
  }
}
