output "vpc_id" {
  description = "Of the VPC"
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "IPv4 range of the VPC"
  value       = aws_vpc.this.cidr_block
}

output "private_subnet_ids" {
  description = "Subnets of nodes, one a zone, in the order of zones"
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "Subnets of load balancers, one a zone, in the order of zones"
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "private_route_table_ids" {
  description = "By zone; where routes to other networks are added"
  value       = { for zone, table in aws_route_table.private : zone => table.id }
}

output "nat_addresses" {
  description = "Public addresses that calls from the cluster come from"
  value       = [for address in aws_eip.nat : address.public_ip]
}
