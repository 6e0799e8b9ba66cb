mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-west-2" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

# A mock gives every resource the same id; these are told apart.
override_resource {
  target = aws_route_table.public
  values = { id = "rtb-public" }
}
override_resource {
  target = aws_subnet.public
  values = { id = "subnet-public" }
}

variables {
  name               = "test"
  region             = "us-west-2"
  zones              = ["us-west-2a", "us-west-2b", "us-west-2c"]
  flow_log_group_arn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/vpc/test/flow"
}

run "as_the_platform_specifies" {
  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16"
    error_message = "the VPC is 10.0.0.0/16"
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { us-west-2a = "10.0.101.0/24", us-west-2b = "10.0.102.0/24", us-west-2c = "10.0.103.0/24" }
    error_message = "public subnets are 10.0.101.0/24, .102 and .103, one a zone"
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { us-west-2a = "10.0.1.0/24", us-west-2b = "10.0.2.0/24", us-west-2c = "10.0.3.0/24" }
    error_message = "private subnets are 10.0.1.0/24, .2 and .3, one a zone"
  }
  assert {
    condition     = alltrue([for zone, subnet in merge(aws_subnet.public, aws_subnet.private) : subnet.availability_zone == zone])
    error_message = "each subnet is in the zone it is named by"
  }
  assert {
    condition     = aws_route_table.public.id != aws_route_table.private["us-west-2a"].id && length(aws_route_table.private) == 3
    error_message = "public and private subnets have separate route tables"
  }
}

run "nothing_private_is_public" {
  assert {
    condition     = alltrue([for subnet in merge(aws_subnet.public, { for zone, subnet in aws_subnet.private : "private-${zone}" => subnet }) : !subnet.map_public_ip_on_launch])
    error_message = "no subnet gives what starts in it a public address"
  }
  assert {
    condition     = alltrue([for zone, route in aws_route.nat : route.destination_cidr_block == "0.0.0.0/0" && route.gateway_id == null && route.route_table_id == aws_route_table.private[zone].id])
    error_message = "private subnets reach the internet by NAT only"
  }
  assert {
    condition     = aws_route.internet.route_table_id == aws_route_table.public.id && alltrue([for zone, association in aws_route_table_association.private : association.route_table_id == aws_route_table.private[zone].id])
    error_message = "the internet gateway is a route of public subnets only"
  }
  assert {
    condition     = alltrue([for gateway in aws_nat_gateway.this : contains([for subnet in aws_subnet.public : subnet.id], gateway.subnet_id)])
    error_message = "NAT gateways stand in public subnets"
  }
  assert {
    condition     = aws_default_security_group.closed.vpc_id == aws_vpc.this.id && length(coalesce(aws_default_security_group.closed.ingress, [])) == 0 && length(coalesce(aws_default_security_group.closed.egress, [])) == 0
    error_message = "the default security group lets nothing through"
  }
}

run "acls" {
  assert {
    condition     = toset([for name, rule in aws_network_acl_rule.ingress : "${rule.from_port}-${rule.to_port}" if rule.rule_action == "allow" && startswith(name, "private-")]) == toset(["1024-65535"])
    error_message = "from outside the VPC private subnets get answers only"
  }
  assert {
    condition     = toset([for name, rule in aws_network_acl_rule.ingress : "${rule.from_port}-${rule.to_port}" if rule.rule_action == "allow" && startswith(name, "public-")]) == toset(["80-80", "443-443", "1024-65535"])
    error_message = "from outside the VPC public subnets get HTTP, HTTPS and answers"
  }
  assert {
    condition     = alltrue([for acl in ["public", "private"] : alltrue([for port in [22, 3389] : anytrue([for name, rule in aws_network_acl_rule.ingress : startswith(name, acl) && rule.rule_action == "deny" && rule.from_port == port && rule.rule_number < 100])])])
    error_message = "SSH and RDP are refused before anything is allowed"
  }
}

run "endpoints_and_logs" {
  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.route_table_ids == toset([for table in aws_route_table.private : table.id])
    error_message = "S3 is reached from each private subnet without NAT"
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.ecr)) == toset(["ecr.api", "ecr.dkr"]) && alltrue([for endpoint in aws_vpc_endpoint.ecr : endpoint.private_dns_enabled])
    error_message = "ECR has both of its endpoints"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.0.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443 && aws_vpc_security_group_ingress_rule.endpoints[0].to_port == 443
    error_message = "endpoints take HTTPS, from the VPC"
  }
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.log_destination == var.flow_log_group_arn
    error_message = "all traffic is logged"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.flow_logs.policy).Statement[*].Resource == [["${var.flow_log_group_arn}:*"]]
    error_message = "flow logs write to their log group only"
  }
}

run "single_nat" {
  variables {
    nat           = "single"
    ecr_endpoints = false
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["us-west-2a"].id])
    error_message = "every zone uses the one gateway"
  }
  assert {
    condition     = length(aws_vpc_endpoint.ecr) == 0
    error_message = "no interface endpoints are paid for"
  }
}

run "nat_per_zone" {
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "every zone has a gateway of its own"
  }
}

run "another_region" {
  variables {
    region = "eu-central-1"
    zones  = ["eu-central-1a", "eu-central-1b"]
  }
  assert {
    condition     = keys(aws_subnet.private) == ["eu-central-1a", "eu-central-1b"] && aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3"
    error_message = "region and zones are variables"
  }
}

run "connected_networks" {
  variables {
    connected_cidrs = ["192.168.0.0/16"]
  }
  assert {
    condition     = { for name, rule in aws_network_acl_rule.connected : name => rule.cidr_block } == { "private-192.168.0.0/16" = "192.168.0.0/16", "public-192.168.0.0/16" = "192.168.0.0/16" }
    error_message = "the other network passes both fences"
  }
}
