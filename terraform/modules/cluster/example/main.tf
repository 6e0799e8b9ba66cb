# A cluster whose API server is reached from one office, in a network that exists.

terraform {
  required_version = ">= 1.12"
}

module "cluster" {
  source = "../"

  name                    = "example"
  vpc_id                  = "vpc-0123456789abcdef0"
  private_subnet_ids      = ["subnet-0a", "subnet-0b", "subnet-0c"]
  admins                  = ["arn:aws:iam::123456789012:role/platform"]
  viewers                 = ["arn:aws:iam::123456789012:role/data-scientists"]
  api_cidrs               = ["198.51.100.0/24"]
  control_plane_log_group = "/aws/eks/example/cluster"
}
