mock_provider "aws" {}

variables {
  name = "test"
  vpc = {
    id              = "vpc-0123"
    cidr            = "10.0.0.0/16"
    subnet_ids      = ["subnet-1", "subnet-2"]
    route_table_ids = { us-west-2a = "rtb-a", us-west-2b = "rtb-b" }
  }
  site = {
    cidr            = "192.168.0.0/16"
    address         = "198.51.100.1"
    asn             = 65000
    certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/test"
  }
}

run "vpn_alone" {
  assert {
    condition     = { for zone, route in aws_route.site : route.route_table_id => route.destination_cidr_block } == { rtb-a = "192.168.0.0/16", rtb-b = "192.168.0.0/16" }
    error_message = "every private subnet has the route to the site"
  }
  assert {
    condition     = aws_customer_gateway.site.certificate_arn == var.site.certificate_arn && aws_vpn_connection.backup.customer_gateway_id == aws_customer_gateway.site.id
    error_message = "the tunnels are proven by certificates"
  }
  assert {
    condition     = length(aws_dx_transit_virtual_interface.this) == 0 && length(aws_vpc_peering_connection.this) == 0
    error_message = "nothing that was not asked for"
  }
  assert {
    condition     = aws_ec2_transit_gateway.this.auto_accept_shared_attachments == "disable"
    error_message = "no other account attaches itself"
  }
}

run "direct_connect_with_the_vpn_as_backup" {
  variables {
    direct_connect = { connection_id = "dxcon-0123", vlan = 100 }
    peer           = { vpc_id = "vpc-0456", cidr = "10.1.0.0/16", route_table_ids = { all = "rtb-p" } }
  }
  assert {
    condition     = aws_dx_gateway_association.this[0].associated_gateway_id == aws_ec2_transit_gateway.this.id && aws_vpn_connection.backup.transit_gateway_id == aws_ec2_transit_gateway.this.id
    error_message = "both end at the transit gateway"
  }
  assert {
    condition     = aws_dx_gateway_association.this[0].allowed_prefixes == toset(["10.0.0.0/16"])
    error_message = "the site learns the VPC's range only"
  }
  assert {
    condition     = length(aws_route.to_peer) == 2 && aws_route.from_peer["all"].destination_cidr_block == "10.0.0.0/16"
    error_message = "the peer is routed both ways"
  }
}

run "refuses_overlapping_peers" {
  command = plan
  variables {
    peer = { vpc_id = "vpc-0456", cidr = "10.0.0.0/16", route_table_ids = {} }
  }
  expect_failures = [var.peer]
}

run "refuses_everything_as_a_site" {
  command = plan
  variables {
    site = { cidr = "0.0.0.0/0", address = "198.51.100.1", asn = 65000, certificate_arn = "arn:aws:acm:x" }
  }
  expect_failures = [var.site]
}

run "refuses_a_vpn_by_password" {
  command = plan
  variables {
    site = { cidr = "192.168.0.0/16", address = "198.51.100.1", asn = 65000, certificate_arn = "" }
  }
  expect_failures = [var.site]
}

run "refuses_equal_as_numbers" {
  command = plan
  variables {
    aws_asn = 65000
  }
  expect_failures = [var.aws_asn]
}

run "refuses_an_unknown_vlan" {
  command = plan
  variables {
    direct_connect = { connection_id = "dxcon-0123", vlan = 5000 }
  }
  expect_failures = [var.direct_connect]
}
