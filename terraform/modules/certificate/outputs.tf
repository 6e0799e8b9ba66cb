output "arn" {
  description = "Of the certificate, once it is issued; the chart gateway takes it as ingress.certificateArn"
  value       = aws_acm_certificate_validation.this.certificate_arn
}
