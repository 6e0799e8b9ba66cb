# Passes its assertion and then fails to clean up, because the destruction of
# the bucket is refused: scripts/terraform/test.sh wants that.
mock_provider "aws" {}

variables {
  bucket  = "test-models"
  readers = { cluster_name = "test", cluster_arn = "arn:aws:eks:us-west-2:123456789012:cluster/test", namespaces = ["mlops-housing"] }
}

run "apply" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "test-models"
    error_message = "the bucket is there"
  }
}
