# Passes its assertion and then fails to clean up, because the key's destruction
# is refused: scripts/terraform/test.sh wants that.
mock_provider "aws" {
  mock_resource "aws_eks_cluster" {
    defaults = { certificate_authority = [{ data = "LS0t" }] }
  }
}

variables {
  name                    = "test"
  vpc_id                  = "vpc-0123"
  private_subnet_ids      = ["subnet-1", "subnet-2"]
  admins                  = ["arn:aws:iam::123456789012:role/platform"]
  control_plane_log_group = "/aws/eks/test/cluster"
}

run "apply" {
  assert {
    condition     = aws_kms_key.secrets.enable_key_rotation
    error_message = "the key is there"
  }
}
