# Optional: the VPC, a data centre and another VPC in one network. Both the
# Direct Connect and the VPN end at the transit gateway and speak BGP; AWS
# prefers the routes of the former, and those of the VPN remain when it is down.

resource "aws_ec2_transit_gateway" "this" {
  description                    = var.name
  amazon_side_asn                = var.aws_asn
  auto_accept_shared_attachments = "disable"
  dns_support                    = "enable"
  vpn_ecmp_support               = "enable"
  tags                           = { Name = var.name }
}

resource "aws_ec2_transit_gateway_vpc_attachment" "this" {
  transit_gateway_id = aws_ec2_transit_gateway.this.id
  vpc_id             = var.vpc.id
  subnet_ids         = var.vpc.subnet_ids
  tags               = { Name = var.name }
}

resource "aws_route" "site" {
  for_each               = var.vpc.route_table_ids
  route_table_id         = each.value
  destination_cidr_block = var.site.cidr
  transit_gateway_id     = aws_ec2_transit_gateway.this.id
  depends_on             = [aws_ec2_transit_gateway_vpc_attachment.this]
}

resource "aws_customer_gateway" "site" {
  type            = "ipsec.1"
  ip_address      = var.site.address
  bgp_asn         = var.site.asn
  certificate_arn = var.site.certificate_arn
  tags            = { Name = var.name }
}

resource "aws_vpn_connection" "backup" {
  customer_gateway_id = aws_customer_gateway.site.id
  transit_gateway_id  = aws_ec2_transit_gateway.this.id
  type                = aws_customer_gateway.site.type

  tunnel1_ike_versions                 = ["ikev2"]
  tunnel1_phase1_encryption_algorithms = ["AES256-GCM-16"]
  tunnel1_phase2_encryption_algorithms = ["AES256-GCM-16"]
  tunnel1_phase1_dh_group_numbers      = [20, 21]
  tunnel1_phase2_dh_group_numbers      = [20, 21]
  tunnel2_ike_versions                 = ["ikev2"]
  tunnel2_phase1_encryption_algorithms = ["AES256-GCM-16"]
  tunnel2_phase2_encryption_algorithms = ["AES256-GCM-16"]
  tunnel2_phase1_dh_group_numbers      = [20, 21]
  tunnel2_phase2_dh_group_numbers      = [20, 21]
  tags                                 = { Name = "${var.name}-backup" }
}

resource "aws_dx_gateway" "this" {
  count           = var.direct_connect == null ? 0 : 1
  name            = var.name
  amazon_side_asn = tostring(var.direct_connect.asn)
}

resource "aws_dx_gateway_association" "this" {
  count                 = var.direct_connect == null ? 0 : 1
  dx_gateway_id         = aws_dx_gateway.this[0].id
  associated_gateway_id = aws_ec2_transit_gateway.this.id
  allowed_prefixes      = [var.vpc.cidr]
}

resource "aws_dx_transit_virtual_interface" "this" {
  count          = var.direct_connect == null ? 0 : 1
  name           = var.name
  connection_id  = var.direct_connect.connection_id
  dx_gateway_id  = aws_dx_gateway.this[0].id
  vlan           = var.direct_connect.vlan
  address_family = "ipv4"
  bgp_asn        = var.site.asn
  mtu            = 8500
}

resource "aws_vpc_peering_connection" "this" {
  count       = var.peer == null ? 0 : 1
  vpc_id      = var.vpc.id
  peer_vpc_id = var.peer.vpc_id
  auto_accept = true
  tags        = { Name = var.name }
}

resource "aws_route" "to_peer" {
  for_each                  = var.peer == null ? {} : var.vpc.route_table_ids
  route_table_id            = each.value
  destination_cidr_block    = var.peer.cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.this[0].id
}

resource "aws_route" "from_peer" {
  for_each                  = var.peer == null ? {} : var.peer.route_table_ids
  route_table_id            = each.value
  destination_cidr_block    = var.vpc.cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.this[0].id
}
