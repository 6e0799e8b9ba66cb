mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-west-2:123456789012:certificate/test"
      domain_validation_options = [
        { domain_name = "housing.example.com", resource_record_name = "_a.housing.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "models.example.com", resource_record_name = "_c.models.example.com.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
      ]
    }
  }
}

variables {
  domain            = "housing.example.com"
  alternative_names = ["models.example.com"]
  zone_id           = "Z0123456789ABC"
}

run "is_proven_by_dns" {
  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS"
    error_message = "ACM renews it by itself"
  }
  assert {
    condition     = { for domain, record in aws_route53_record.validation : domain => record.name } == { "housing.example.com" = "_a.housing.example.com.", "models.example.com" = "_c.models.example.com." }
    error_message = "each name has its record"
  }
  assert {
    condition     = output.arn == aws_acm_certificate_validation.this.certificate_arn
    error_message = "the output waits until the names are proven"
  }
}

run "refuses_a_wildcard" {
  command = plan
  variables {
    domain = "*.example.com"
  }
  expect_failures = [var.domain]
}

run "refuses_a_zone_by_name" {
  command = plan
  variables {
    zone_id = "example.com"
  }
  expect_failures = [var.zone_id]
}
