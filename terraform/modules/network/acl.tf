# Network ACLs, a second fence behind the security groups. They keep no state,
# so that the answers to what went out must be let in by the ephemeral ports.
# SSH and RDP are refused first, because RDP's port is an ephemeral one.

locals {
  anywhere = "0.0.0.0/0"
  acls = {
    public  = { for zone, subnet in aws_subnet.public : zone => subnet.id }
    private = { for zone, subnet in aws_subnet.private : zone => subnet.id }
  }
  refused = {
    "50-ssh" = { rule = 50, action = "deny", from = 22, to = 22, cidr = local.anywhere }
    "51-rdp" = { rule = 51, action = "deny", from = 3389, to = 3389, cidr = local.anywhere }
  }
  returning = { rule = 120, action = "allow", from = 1024, to = 65535, cidr = local.anywhere }
  ingress = {
    public = merge(local.refused, {
      "100-http"      = { rule = 100, action = "allow", from = 80, to = 80, cidr = local.anywhere }
      "110-https"     = { rule = 110, action = "allow", from = 443, to = 443, cidr = local.anywhere }
      "120-returning" = local.returning
    })
    private = merge(local.refused, {
      "120-returning" = local.returning
    })
  }
  ingress_rules = merge([for acl, rules in local.ingress : { for name, rule in rules : "${acl}-${name}" => merge(rule, { acl = acl }) }]...)
}

resource "aws_network_acl" "this" {
  for_each   = local.acls
  vpc_id     = aws_vpc.this.id
  subnet_ids = values(each.value)
  tags       = { Name = "${var.name}-${each.key}" }
}

# Inside the VPC everything may speak; security groups decide what does.
resource "aws_network_acl_rule" "inside" {
  #checkov:skip=CKV_AWS_352:all ports, from inside the VPC only
  for_each       = aws_network_acl.this
  network_acl_id = each.value.id
  rule_number    = 40
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = var.cidr
}

# Nor do networks that are connected come from the internet.
resource "aws_network_acl_rule" "connected" {
  #checkov:skip=CKV_AWS_352:all ports, from networks that are connected to this one
  for_each       = merge([for acl in keys(local.acls) : { for i, cidr in var.connected_cidrs : "${acl}-${cidr}" => { acl = acl, rule = 41 + i, cidr = cidr } }]...)
  network_acl_id = aws_network_acl.this[each.value.acl].id
  rule_number    = each.value.rule
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = each.value.cidr
}

resource "aws_network_acl_rule" "ingress" {
  for_each       = local.ingress_rules
  network_acl_id = aws_network_acl.this[each.value.acl].id
  rule_number    = each.value.rule
  rule_action    = each.value.action
  protocol       = "tcp"
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}

resource "aws_network_acl_rule" "egress" {
  for_each       = aws_network_acl.this
  network_acl_id = each.value.id
  egress         = true
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = local.anywhere
}
