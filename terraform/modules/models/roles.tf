# Predict reads, CI adds, and neither can delete: versions are immutable.

resource "aws_iam_role" "reader" {
  name = "${var.bucket}-reader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # Pod Identity, for the named service account of the one cluster
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = { StringEquals = {
        "aws:RequestTag/eks-cluster-arn"            = var.readers.cluster_arn
        "aws:RequestTag/kubernetes-namespace"       = var.readers.namespaces
        "aws:RequestTag/kubernetes-service-account" = var.readers.service_account
      } }
    }]
  })
}

resource "aws_iam_role_policy" "reader" {
  name = "read"
  role = aws_iam_role.reader.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { # which models and versions there are
        Sid       = "List"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.this.arn
        Condition = { StringLike = { "s3:prefix" = "${var.prefix}/*" } }
      },
      { # their files; a desired set may pin the version of an object
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = local.objects
      },
      { # objects are sealed with this key
        Sid      = "Open"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = aws_kms_key.this.arn
      },
    ]
  })
}

resource "aws_eks_pod_identity_association" "reader" {
  for_each        = toset(var.readers.namespaces)
  cluster_name    = var.readers.cluster_name
  namespace       = each.value
  service_account = var.readers.service_account
  role_arn        = aws_iam_role.reader.arn
}

resource "aws_iam_role" "writer" {
  count = var.ci == null ? 0 : 1
  name  = "${var.bucket}-writer"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # workflows of the one repository, in the one environment; no keys are kept
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = var.ci.oidc_provider_arn }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:${var.ci.repository}:environment:${var.ci.environment}"
      } }
    }]
  })
}

resource "aws_iam_role_policy" "writer" {
  count = var.ci == null ? 0 : 1
  name  = "add"
  role  = aws_iam_role.writer[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { # whether a version is there already
        Sid       = "List"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.this.arn
        Condition = { StringLike = { "s3:prefix" = "${var.prefix}/*" } }
      },
      { # adding files, and reading back what arrived
        Sid      = "Add"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        Resource = local.objects
      },
      { # objects are sealed with this key; large ones are put together from parts
        Sid      = "Seal"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.this.arn
      },
    ]
  })
}
