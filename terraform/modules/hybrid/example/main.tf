# A data centre by Direct Connect, with the VPN as its backup, and a peered VPC.

terraform {
  required_version = ">= 1.12"
}

module "hybrid" {
  source = "../"

  name = "example"
  vpc = {
    id              = "vpc-0123456789abcdef0"
    cidr            = "10.0.0.0/16"
    subnet_ids      = ["subnet-0a", "subnet-0b", "subnet-0c"]
    route_table_ids = { us-west-2a = "rtb-0a", us-west-2b = "rtb-0b", us-west-2c = "rtb-0c" }
  }
  site = {
    cidr            = "192.168.0.0/16"
    address         = "198.51.100.1"
    asn             = 65000
    certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
  }
  direct_connect = { connection_id = "dxcon-0123", vlan = 100 }
  peer           = { vpc_id = "vpc-0fedcba9876543210", cidr = "10.1.0.0/16", route_table_ids = { all = "rtb-0p" } }
}
