# EKS owns these parts of the cluster; all else that runs in it is Argo CD's.

locals {
  before_nodes = {
    kube-proxy             = {}
    eks-pod-identity-agent = {}
    vpc-cni                = { enableNetworkPolicy = "true" } # else network policies are only written down
  }
  after_nodes = {
    coredns = {}
    # ebs-csi-default-sc becomes the default class: gp3, expandable, and bound in
    # the pod's zone. Its volumes are encrypted by the account's default, which
    # terraform/bootstrap turns on.
    aws-ebs-csi-driver = {
      defaultStorageClass = { enabled = true }
      controller          = { extraVolumeTags = data.aws_default_tags.current.tags }
    }
    amazon-cloudwatch-observability = {}
  }
  # Add-ons with a role of their own, and the service account that has it.
  addon_roles = {
    vpc-cni                         = { account = "aws-node", policy = "${local.policies}/AmazonEKS_CNI_Policy" }
    aws-ebs-csi-driver              = { account = "ebs-csi-controller-sa", policy = "${local.policies}/service-role/AmazonEBSCSIDriverPolicy" }
    amazon-cloudwatch-observability = { account = "cloudwatch-agent", policy = "${local.policies}/CloudWatchAgentServerPolicy" }
  }
}

resource "aws_eks_addon" "before_nodes" {
  for_each                    = local.before_nodes
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = length(each.value) > 0 ? jsonencode(each.value) : null
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [local.addon_roles[each.key]] : []
    content {
      service_account = pod_identity_association.value.account
      role_arn        = aws_iam_role.pod[each.key].arn
    }
  }

  depends_on = [aws_iam_role_policy_attachment.addon]
}

resource "aws_eks_addon" "after_nodes" {
  for_each                    = local.after_nodes
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = length(each.value) > 0 ? jsonencode(each.value) : null
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [local.addon_roles[each.key]] : []
    content {
      service_account = pod_identity_association.value.account
      role_arn        = aws_iam_role.pod[each.key].arn
    }
  }

  depends_on = [aws_eks_node_group.this, aws_iam_role_policy_attachment.addon]
}

resource "aws_iam_role_policy_attachment" "addon" {
  for_each   = local.addon_roles
  role       = aws_iam_role.pod[each.key].name
  policy_arn = each.value.policy
}
