# The control plane: its log group exists first, secrets are encrypted with our
# key, and IAM principals get in by access entries alone.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_partition" "current" {}
data "aws_default_tags" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  region    = data.aws_region.current.region
  partition = data.aws_partition.current.partition
  policies  = "arn:${local.partition}:iam::aws:policy"
  access    = "arn:${local.partition}:eks::aws:cluster-access-policy"
}

resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_339:1.36 is newer than the list that this check has
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  bootstrap_self_managed_addons = false # they are add-ons, below
  deletion_protection           = var.protected

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false # var.admins says who
  }

  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = aws_kms_key.secrets.arn
    }
  }

  #checkov:skip=CKV_AWS_39:the public endpoint exists only for the ranges of api_cidrs, and a test holds that there is none by default
  vpc_config {
    subnet_ids              = var.private_subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.api_cidrs) > 0
    public_access_cidrs     = length(var.api_cidrs) > 0 ? var.api_cidrs : null
  }

  upgrade_policy {
    support_type = "STANDARD" # extended support costs six times as much
  }

  tags       = { "treehouse.dev/log-group" = var.control_plane_log_group }
  depends_on = [aws_iam_role_policy_attachment.cluster]
}

resource "aws_iam_role" "cluster" {
  name = "${var.name}-cluster"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # the control plane acts as this role
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "eks.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.policies}/AmazonEKSClusterPolicy"
}

resource "aws_kms_key" "secrets" {
  description             = "${var.name}: Kubernetes secrets"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { # without it, IAM could grant nothing and the key could not be managed
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      { # the control plane seals and opens secrets, and grants that to its servers
        Sid       = "ControlPlane"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.cluster.arn }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"]
        Resource  = "*"
      },
    ]
  })
  lifecycle {
    prevent_destroy = var.protected # secrets in etcd and its backups are lost with it
  }
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/${var.name}-secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

resource "aws_eks_access_entry" "this" {
  for_each      = toset(concat(var.admins, var.viewers))
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.value
}

resource "aws_eks_access_policy_association" "admin" {
  for_each      = toset(var.admins)
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.value].principal_arn
  policy_arn    = "${local.access}/AmazonEKSClusterAdminPolicy"
  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_access_policy_association" "viewer" {
  for_each      = toset(var.viewers)
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.value].principal_arn
  policy_arn    = "${local.access}/AmazonEKSViewPolicy"
  access_scope {
    type = "cluster"
  }
}
