mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::test-models" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-west-2:123456789012:key/models" }
  }
}

variables {
  bucket = "test-models"
  readers = {
    cluster_name = "test"
    cluster_arn  = "arn:aws:eks:us-west-2:123456789012:cluster/test"
    namespaces   = ["mlops-housing-dev", "mlops-housing-staging"]
  }
  ci = {
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    repository        = "acme/models"
    environment       = "prod"
  }
  protected = false # else the test could not clean up
}

run "bucket" {
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "objects are versioned"
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation
    error_message = "objects are encrypted with a key that is rotated"
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "nothing is public"
  }
  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule[0].transition).storage_class == "STANDARD_IA"
    error_message = "old models move to infrequent access"
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration) == 0
    error_message = "a current version is never deleted by age"
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "only TLS"
  }
  assert {
    condition     = output.repository_url == "s3://test-models/models"
    error_message = "the output is what the chart takes"
  }
}

run "predict_reads_and_no_more" {
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_role_policy.reader.policy).Statement : statement.Action])) == toset(["s3:ListBucket", "s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"])
    error_message = "predict lists and reads"
  }
  assert {
    condition     = { for statement in jsondecode(aws_iam_role_policy.reader.policy).Statement : statement.Sid => statement.Resource } == { List = "arn:aws:s3:::test-models", Read = "arn:aws:s3:::test-models/models/*", Open = "arn:aws:kms:us-west-2:123456789012:key/models" }
    error_message = "in this bucket only, below the prefix"
  }
  assert {
    condition     = jsondecode(aws_iam_role.reader.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/kubernetes-service-account"] == "predict" && jsondecode(aws_iam_role.reader.assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/eks-cluster-arn"] == var.readers.cluster_arn
    error_message = "only the service account predict of this cluster gets the role"
  }
  assert {
    condition     = keys(aws_eks_pod_identity_association.reader) == ["mlops-housing-dev", "mlops-housing-staging"]
    error_message = "in each of the environments' namespaces"
  }
}

run "ci_adds_and_cannot_delete" {
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_role_policy.writer[0].policy).Statement : statement.Action])) == toset(["s3:ListBucket", "s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"])
    error_message = "CI lists, reads and adds"
  }
  assert {
    condition     = jsondecode(aws_iam_role.writer[0].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:acme/models:environment:prod"
    error_message = "one repository, in one environment"
  }
}

run "without_ci" {
  variables {
    ci = null
  }
  assert {
    condition     = length(aws_iam_role.writer) == 0
    error_message = "nobody writes"
  }
}

run "refuses_a_repository_without_owner" {
  command = plan
  variables {
    ci = { oidc_provider_arn = "arn:aws:iam::1:oidc-provider/x", repository = "*", environment = "prod" }
  }
  expect_failures = [var.ci]
}

run "refuses_upper_case" {
  command = plan
  variables {
    bucket = "Test_Models"
  }
  expect_failures = [var.bucket]
}

run "refuses_early_infrequent_access" {
  command = plan
  variables {
    infrequent_access_days = 7
  }
  expect_failures = [var.infrequent_access_days]
}

run "refuses_to_forget_before_it_is_old" {
  command = plan
  variables {
    noncurrent_days = 30
  }
  expect_failures = [var.noncurrent_days]
}

run "refuses_no_reader" {
  command = plan
  variables {
    readers = { cluster_name = "test", cluster_arn = "arn", namespaces = [] }
  }
  expect_failures = [var.readers]
}
