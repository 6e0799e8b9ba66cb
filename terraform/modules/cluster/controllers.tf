# Roles of pods, by Pod Identity. Argo CD installs the two controllers; what
# they may do in AWS is decided here.

locals {
  controllers = {
    cluster-autoscaler           = local.autoscaler_policy
    aws-load-balancer-controller = local.load_balancer_policy
  }
}

resource "aws_iam_role" "pod" {
  for_each = toset(concat(keys(local.addon_roles), keys(local.controllers)))
  name     = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ # Pod Identity, for pods of this cluster only
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = { StringEquals = { "aws:RequestTag/eks-cluster-arn" = aws_eks_cluster.this.arn } }
    }]
  })
}

resource "aws_eks_pod_identity_association" "controller" {
  for_each        = local.controllers
  cluster_name    = aws_eks_cluster.this.name
  namespace       = "kube-system"
  service_account = each.key
  role_arn        = aws_iam_role.pod[each.key].arn
}

resource "aws_iam_role_policy" "controller" {
  for_each = local.controllers
  name     = "act"
  role     = aws_iam_role.pod[each.key].id
  policy   = jsonencode(each.value)
}
