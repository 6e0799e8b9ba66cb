terraform {
  required_version = ">= 1.12"
}

module "certificate" {
  source = "../"

  domain  = "housing.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}
