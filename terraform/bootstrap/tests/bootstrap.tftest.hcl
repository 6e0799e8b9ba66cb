mock_provider "aws" {}

variables {
  bucket = "acme-terraform-state"
}

run "keeps_states" {
  command = plan
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "an older state can be brought back"
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "states are encrypted"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "states are private"
  }
  assert {
    condition     = aws_ebs_encryption_by_default.this.enabled
    error_message = "volumes of pods are encrypted"
  }
}

run "where_github_is_trusted_already" {
  command = plan
  variables {
    github = false
  }
  assert {
    condition     = output.github_oidc_provider_arn == null
    error_message = "an account has one provider of a URL"
  }
}

run "refuses_upper_case" {
  command = plan
  variables {
    bucket = "Acme"
  }
  expect_failures = [var.bucket]
}
