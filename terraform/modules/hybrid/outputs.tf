output "transit_gateway_id" {
  description = "Where further networks are attached"
  value       = aws_ec2_transit_gateway.this.id
}

output "vpn_addresses" {
  description = "AWS's ends of the two tunnels, for the site's router"
  value       = [aws_vpn_connection.backup.tunnel1_address, aws_vpn_connection.backup.tunnel2_address]
}
