# Optional: pods of the named namespaces run without nodes.

resource "aws_eks_fargate_profile" "this" {
  count                  = length(var.fargate_namespaces) > 0 ? 1 : 0
  cluster_name           = aws_eks_cluster.this.name
  fargate_profile_name   = "${var.name}-fargate"
  pod_execution_role_arn = aws_iam_role.fargate[0].arn
  subnet_ids             = var.private_subnet_ids

  dynamic "selector" {
    for_each = toset(var.fargate_namespaces)
    content {
      namespace = selector.value
    }
  }
}

resource "aws_iam_role" "fargate" {
  count = length(var.fargate_namespaces) > 0 ? 1 : 0
  name  = "${var.name}-fargate"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # Fargate pulls images as this role, for profiles of this cluster only
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "eks-fargate-pods.amazonaws.com" }
      Condition = { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:eks:${local.region}:${local.account}:fargateprofile/${var.name}/*" } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "fargate" {
  count      = length(var.fargate_namespaces) > 0 ? 1 : 0
  role       = aws_iam_role.fargate[0].name
  policy_arn = "${local.policies}/AmazonEKSFargatePodExecutionRolePolicy"
}
